from fakeai.cli import complain
from fakeai.cli.options import with_settings
from fakeai.config.errors import ConfigError
from fakeai.config.loading import Loaded
from fakeai.core.rows_file import RowsFileError


@with_settings
def server(loaded: Loaded) -> int:
    from fakeai.server.run import serve  # once the options are known to be good: a typo is answered at once

    try:
        return serve(loaded)
    except (ConfigError, RowsFileError) as error:
        return complain(str(error))
    except OSError as error:
        return complain(f"{error.filename or _address(loaded)}: {(error.strerror or str(error)).lower()}")


def _address(loaded: Loaded) -> str:
    return f"cannot listen on {loaded.config.server.host} port {loaded.config.server.port}"
