"""Scores of texts and images by OpenAI's moderation categories, from the lexicon: the same for the same input, always.

Images are not looked at. The words in the name of a remote image count; nothing of an image in a data URL does.
"""

import re
from collections.abc import Sequence
from math import exp, log
from typing import Any
from urllib.parse import unquote

from fakeai.content.lexicon import weights
from fakeai.core.operation import Document
from fakeai.core.seeds import derive, draws, unit

THRESHOLDS = {
    "harassment": 0.5,
    "harassment/threatening": 0.5,
    "sexual": 0.5,
    "hate": 0.5,
    "hate/threatening": 0.5,
    "illicit": 0.5,
    "illicit/violent": 0.5,
    "self-harm/intent": 0.4,
    "self-harm/instructions": 0.4,
    "self-harm": 0.4,
    "sexual/minors": 0.4,
    "violence": 0.5,
    "violence/graphic": 0.5,
}
"""Category → the score from which on it is flagged."""
OF_IMAGES = ("sexual", "self-harm", "self-harm/intent", "self-harm/instructions", "violence", "violence/graphic")
"""Categories for which images are scored too."""
ILLICIT = ("illicit", "illicit/violent")
"""Categories that the text-only models do not have."""

_SPREAD = 0.8
"""Width, in logits, of the noise on a score that rules gave."""
_PARENT_POWER = 0.7
"""A category's score is at least this power of each of its subcategories', and so above them."""


def moderate(text: str | None, images: Sequence[str] = (), illicit: bool = True) -> Document:
    """One result of the contract: flagged, categories, category_scores, category_applied_input_types.

    text: None if there is none, and only images; images: their URLs; illicit: False for text-only models.
    """
    scores = _text_scores(text) if text is not None else dict.fromkeys(THRESHOLDS, 0.0)
    for url in images:
        for category, score in _image_scores(url).items():
            scores[category] = max(scores[category], score)
    missing = () if illicit else ILLICIT
    scores |= dict.fromkeys(missing, 0.0)
    flags: dict[str, Any] = {name: scores[name] >= threshold for name, threshold in THRESHOLDS.items()}
    kinds = {name: _kinds(name, text is not None, bool(images)) for name in THRESHOLDS}
    return {
        "flagged": any(flags.values()),
        "categories": flags | dict.fromkeys(missing),
        "category_scores": scores,
        "category_applied_input_types": kinds | {name: [] for name in missing},
    }


def _kinds(category: str, has_text: bool, has_images: bool) -> list[str]:
    return ["text"] * has_text + ["image"] * (has_images and category in OF_IMAGES)


def _text_scores(text: str) -> dict[str, float]:
    return _scores(weights(text), text.encode("utf-8", "surrogatepass"))


def _image_scores(url: str) -> dict[str, float]:
    path = "" if url[:5].lower() == "data:" else re.split("[?#]", url, maxsplit=1)[0]
    name = unquote(path.rpartition("/")[2])
    scores = _scores(
        weights(re.sub(r"[\W_]+", " ", name.rpartition(".")[0] or name)), url.encode("utf-8", "surrogatepass")
    )
    return {category: scores[category] for category in OF_IMAGES}


def _scores(found: dict[str, float], content: bytes) -> dict[str, float]:
    """Scores around the weights that rules found, and tiny ones where they found nothing."""
    r = draws(derive("moderation", content))
    scores = {}
    for category in THRESHOLDS:
        noise, weight = unit(r), found.get(category, 0.0)
        magnitude = (-6.0 if "/" in category else -5.0) + 2.0 * noise
        scores[category] = max(10.0**magnitude, _near(weight, noise) if weight else 0.0)
    for category in THRESHOLDS:
        parent = category.partition("/")[0]
        if parent != category:
            scores[parent] = max(scores[parent], scores[category] ** _PARENT_POWER)
    return scores


def _near(weight: float, noise: float) -> float:
    return 1.0 / (1.0 + exp(-(log(weight / (1.0 - weight)) + _SPREAD * (noise - 0.5))))
