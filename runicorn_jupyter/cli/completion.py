"""`runicorn completion`: what a shell needs to complete commands, options and their words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from runicorn_jupyter.cli.commands import COMMANDS
from runicorn_jupyter.cli.output import say

_FILES = {"DIR", "FILE", "ARCHIVE", "PATH"}

_BASH = """\
_runicorn() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" command="${{COMP_WORDS[1]}}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{commands} --help --version" -- "$word"))
    return
  fi
  case "$command $before" in
{values}
  esac
  case "$command" in
{options}
  esac
}}
complete -o default -F _runicorn runicorn
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add which shell."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="put the text into a file that this shell reads")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the text."""
    if options.shell == "fish":
        say("\n".join(_fish()))
    else:
        # zsh reads bash's completions since it has bashcompinit.
        head = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"
        say((head if options.shell == "zsh" else "") + _bash())
    return 0


def _bash() -> str:
    values, options = [], []
    for name, actions in _parsers():
        flags = [flag for action in actions for flag in action.option_strings]
        words = [str(word) for action in actions if not action.option_strings for word in action.choices or ()]
        options.append(f'    {name}) COMPREPLY=($(compgen -W "{" ".join([*flags, *words])}" -- "$word")) ;;')
        for action in actions:
            if action.option_strings and (answer := _answer(action)):
                before = "|".join(f'"{name} {flag}"' for flag in action.option_strings)
                values.append(f"    {before}) {answer}; return ;;")
    names = " ".join(command.name for command in COMMANDS)
    return _BASH.format(commands=names, values="\n".join(values), options="\n".join(options))


def _answer(action: argparse.Action) -> str | None:
    """Return what completes the word after an option, None for an option without one."""
    if action.nargs == 0:
        return None
    if action.choices:
        return f'COMPREPLY=($(compgen -W "{" ".join(map(str, action.choices))}" -- "$word"))'
    if action.metavar == "DIR" or "--storage" in action.option_strings:
        return 'COMPREPLY=($(compgen -d -- "$word"))'
    return 'COMPREPLY=($(compgen -f -- "$word"))' if action.metavar in _FILES else "COMPREPLY=()"


def _fish() -> Iterator[str]:
    for command in COMMANDS:
        yield f"complete -c runicorn -f -n __fish_use_subcommand -a {command.name} -d {_quoted(command.help)}"
    for name, actions in _parsers():
        here = f"complete -c runicorn -n '__fish_seen_subcommand_from {name}'"
        for action in actions:
            words = " ".join(map(str, action.choices or ()))
            if not action.option_strings:
                if words:
                    yield f"{here} -f -a {_quoted(words)}"
                continue
            flags = " ".join(
                f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in action.option_strings
            )
            takes = "" if action.nargs == 0 else (" -r" if action.metavar in _FILES else f" -x -a {_quoted(words)}")
            yield f"{here} {flags}{takes} -d {_quoted((action.help or '').split(';')[0] % vars(action))}"


def _parsers() -> Iterator[tuple[str, list[argparse.Action]]]:
    """Yield each command and what it takes."""
    for command in COMMANDS:
        parser = argparse.ArgumentParser(prog=f"runicorn {command.name}")
        command.load().add_options(parser)
        yield command.name, _flat(parser)


def _flat(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return what a command takes, and below it what each of its own commands takes, every option once."""
    actions = list(parser._actions)  # noqa: SLF001 - argparse has no other way to ask
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            actions += [one for below in action.choices.values() for one in _flat(below) if one.option_strings]
    return list({tuple(one.option_strings) or one.dest: one for one in actions}.values())


def _quoted(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
