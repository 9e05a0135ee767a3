"""Publishes a folder with fabric-cicd to an emulator: publish.py ORIGIN WORKSPACE_ID FOLDER ENVIRONMENT"""

import base64
import json
import os
import sys
import time

os.environ.setdefault("FABRIC_CICD_RETRY_DELAY_OVERRIDE_SECONDS", "0.05")

from azure.core.credentials import AccessToken  # noqa: E402
from fabric_cicd import FabricWorkspace, constants, publish_all_items  # noqa: E402

origin, workspace_id, folder, environment = sys.argv[1:5]
# the environment variables for other addresses take hosts of Microsoft only
constants.DEFAULT_API_ROOT_URL = origin
constants.FABRIC_API_ROOT_URL = origin


class MadeUpCredential:
    """A token that is nobody's: the emulator takes any."""

    def get_token(self, *_scopes, **_options):
        expires = int(time.time()) + 3600
        claims = {"exp": expires, "upn": "alice@contoso.com"}
        coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)]
        return AccessToken(".".join([*coded, "x"]), expires)


publish_all_items(
    FabricWorkspace(
        workspace_id=workspace_id,
        repository_directory=folder,
        environment=environment,
        token_credential=MadeUpCredential(),
    )
)
