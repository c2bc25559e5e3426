"""Who writes the text of answers, by mode."""

from collections.abc import Callable

from fakeai.content.llm import Llm
from fakeai.content.proxy import Proxy
from fakeai.content.text import Echo, Fixed, Generated, TextConfig, TextSource


def text_source(config: TextConfig) -> TextSource:
    """Raises ConfigError if the source lacks something."""
    return SOURCES[config.mode](config)


SOURCES: dict[str, Callable[[TextConfig], TextSource]] = {
    "generated": Generated,
    "echo": Echo,
    "fixed": Fixed,
    "proxy": Proxy,
    "llm": Llm,
}
