"""What another host has: environments, configuration, folders (R31–R33, R39, R42, X19, X20, X33)."""

from __future__ import annotations

from runicorn_jupyter.models import Environment
from runicorn_jupyter.models.moments import iso_time
from runicorn_jupyter.models.remoteforms import (
    CondaEnvironments,
    DetectedEnvironments,
    EnvironmentConfigs,
    FarFolder,
    FarPath,
    FoundEnvironment,
    FoundEnvironments,
    Pong,
    RemoteConfig,
    RemoteRoots,
)
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.remote.causes import ASKING, FOLDERS
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import answers
from runicorn_jupyter.workspace import far_errors


class PingHandler(Gate):
    """R39."""

    auth_resource = "runicorn:remote"

    @answers(Pong, raises=ASKING)
    async def get(self, *, connection_id: str = query.required("Connection")) -> None:
        """Measure the way to a host and back."""
        seconds = await self.ask_far(lambda far: far.ping(connection_id))
        await self.reply({"success": True, "latency_ms": round(seconds * 1000), "timestamp": iso_time()})


class CondaEnvironmentsHandler(Gate):
    """R42."""

    auth_resource = "runicorn:remote"

    @answers(CondaEnvironments, raises=ASKING)
    async def get(self, *, connection_id: str = query.required("Connection")) -> None:
        """List the Python environments of a host, conda's and all others."""
        found = await self.ask_far(lambda far: far.detect(connection_id))
        envs = [
            {
                **_environment(one),
                "python_version": f"Python {one.python_version}" if one.python_version else None,
                "is_default": place == 0,
            }
            for place, one in enumerate(found.environments)
        ]
        await self.reply({"ok": True, "success": True, "envs": envs})


class EnvironmentsHandler(Gate):
    """R31."""

    auth_resource = "runicorn:remote"

    @answers(FoundEnvironments, raises=ASKING)
    async def get(
        self,
        *,
        connection_id: str = query.required("Connection"),
        wanted: str = query.choice(("all", "runicorn_only"), "Which environments", default="all", name="filter"),
    ) -> None:
        """List the Python environments of a host, and which have Runicorn."""
        found = await self.ask_far(lambda far: far.detect(connection_id))
        shown = [
            {**_environment(one), "storage_root": found.host.root}
            for one in found.environments
            if wanted == "all" or one.runicorn_version is not None
        ]
        await self.reply({"success": True, "ok": True, "environments": shown, "total": len(shown)})


class DetectHandler(Gate):
    """R32."""

    auth_resource = "runicorn:remote"

    @answers(DetectedEnvironments, raises=ASKING)
    async def post(
        self,
        *,
        connection_id: str = body.text("Connection"),
        _force: bool = body.flag("Look again (always done)", name="force_refresh"),
    ) -> None:
        """Look for the Python environments of a host again."""
        found = await self.ask_far(lambda far: far.detect(connection_id, again=True))
        message = "Environments detected successfully"
        answer = {"success": True, "ok": True, "message": message, "environments_found": len(found.environments)}
        await self.reply(answer)


class RemoteConfigHandler(Gate):
    """R33; `env_name` is the word of 0.5.0, `conda_env` of 0.5.4."""

    auth_resource = "runicorn:remote"

    @answers(RemoteConfig, raises=(*ASKING, far_errors.EnvironmentNotFound))
    async def get(
        self,
        *,
        connection_id: str = query.required("Connection"),
        conda_env: str | None = query.text("Environment, `system` if absent"),
        env_name: str | None = query.text("The same, in 0.5.0"),
    ) -> None:
        """Return what is set up in an environment of a host."""
        name = env_name or conda_env or "system"
        environment, host = await self.ask_far(lambda far: far.environment(connection_id, name))
        await self.reply(
            {
                "ok": True,
                "success": True,
                "condaEnv": environment.name,
                "pythonVersion": f"Python {environment.python_version}" if environment.python_version else None,
                "runicornVersion": environment.runicorn_version,
                "runicorn_version": environment.runicorn_version,
                "defaultStorageRoot": host.root,
                "storageRootExists": host.root_exists,
                "homeDirectory": host.home,
                "suggestedRemotePort": None,
                "connectionId": connection_id,
                "config": {"user_root_dir": host.root, "viewer_port": None},
            }
        )


class EnvironmentConfigsHandler(Gate):
    """X33."""

    auth_resource = "runicorn:remote"

    @answers(EnvironmentConfigs, raises=ASKING)
    async def get(self, *, connection_id: str = query.required("Connection")) -> None:
        """Return the versions in every environment of a host."""
        found = await self.ask_far(lambda far: far.detect(connection_id))
        configs = {
            one.name: {"pythonVersion": one.python_version, "runicornVersion": one.runicorn_version}
            for one in found.environments
        }
        await self.reply({"ok": True, "configs": configs})


class RemoteRootsHandler(Gate):
    """X33."""

    auth_resource = "runicorn:remote"

    @answers(RemoteRoots, raises=ASKING)
    async def get(self, *, connection_id: str = query.required("Connection")) -> None:
        """Propose folders of a host that hold runs."""
        await self.reply(await self.ask_far(lambda far: far.roots(connection_id)))


class FolderHandler(Gate):
    """X19; `entries` is what the 0.5.3 client reads (K9)."""

    auth_resource = "runicorn:remote"

    @answers(FarFolder, raises=FOLDERS)
    async def get(
        self,
        *,
        connection_id: str = query.required("Connection"),
        path: str = query.text("Folder on the host", default="~"),
    ) -> None:
        """List a folder of a host."""
        await self.reply(await self.ask_far(lambda far: far.folder(connection_id, path)))


class ExistsHandler(Gate):
    """X20."""

    auth_resource = "runicorn:remote"

    @answers(FarPath, raises=ASKING)
    async def get(
        self, *, connection_id: str = query.required("Connection"), path: str = query.required("Path on the host")
    ) -> None:
        """Tell whether something is at a path of a host."""
        await self.reply(await self.ask_far(lambda far: far.exists(connection_id, path)))


def _environment(one: Environment) -> FoundEnvironment:
    return {
        "name": one.name,
        "type": one.type,
        "path": one.prefix,
        "python_version": one.python_version,
        "runicorn_installed": one.runicorn_version is not None,
        "runicorn_version": one.runicorn_version,
        "distribution": one.distribution,
    }
