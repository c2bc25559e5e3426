"""Images: the generated models under their short names."""

from fakeai_api.models.images import CreateImageRequest as ImageGenerationRequest
from fakeai_api.models.images import ImagesResponse as ImageGenerationResponse

__all__ = ["ImageGenerationRequest", "ImageGenerationResponse"]
