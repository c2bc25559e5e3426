"""Speech and transcription: the generated models under their short names."""

from fakeai_api.models.audio import CreateSpeechRequest as SpeechRequest
from fakeai_api.models.audio import CreateTranscriptionRequest as TranscriptionRequest
from fakeai_api.models.audio import CreateTranslationRequest as TranslationRequest

__all__ = ["SpeechRequest", "TranscriptionRequest", "TranslationRequest"]
