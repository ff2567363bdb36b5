"""Command-line flags of the scripts, one module per script, and how a script is run.

A flag module has `define(values)`, which adds its flags to an absl `FlagValues`, and functions
that turn the parsed values into configs. Defaults come from the config dataclasses. Each script
parses into flag values of its own, so that two scripts may use one flag name.
"""

from __future__ import annotations

import inspect
import logging
import re
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable, Sequence

from absl import flags

USAGE_ERROR = 2
INTERRUPTED = 130


def run_script(
    script: str,
    description: str,
    define: Callable[[flags.FlagValues], None],
    main: Callable[[flags.FlagValues], int | None],
    argv: Sequence[str] | None = None,
) -> int:
    """Parses the flags, runs `main` with them, and returns the exit code.

    `--help` prints the flags in the order of their definition. Bad flags, `ValueError` and
    `OSError` print one line and give code 2; Ctrl-C and a polite kill give code 130.

    Args:
      script: file name, for messages.
      description: the first lines of the help.
      define: adds the script's flags.
      main: returns the exit code, None for 0.
      argv: arguments without the script's name; by default those of the process.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    values = flags.FlagValues()
    flags.DEFINE_boolean("help", False, "Print this help.", short_name="h", flag_values=values)
    define(values)
    try:
        rest = values([script, *presets_first(sys.argv[1:] if argv is None else argv)])[1:]
        if values.help:
            print(help_text(script, description, values))
            return 0
        if rest:
            raise ValueError(f"got {' '.join(rest)!r}; expected flags only")
        return _answering_sigterm(main, values) or 0
    except (flags.Error, ValueError, OSError) as error:
        print(f"{script}: error: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print(f"{script}: interrupted", file=sys.stderr)
        return INTERRUPTED


def presets_first(argv: Sequence[str]) -> list[str]:
    """Moves `--flagfile` to the front, so that what is given beside a preset wins over it."""
    presets, rest, arguments = [], [], iter(argv)
    for argument in arguments:
        if argument.lstrip("-") == "flagfile":
            presets += [argument, *[value for value in [next(arguments, None)] if value]]
        elif argument.lstrip("-").startswith("flagfile="):
            presets.append(argument)
        else:
            rest.append(argument)
    return presets + rest


def _answering_sigterm(
    main: Callable[[flags.FlagValues], int | None], values: flags.FlagValues
) -> int | None:
    """Runs `main` with a polite kill acting as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return main(values)
    finally:
        signal.signal(signal.SIGTERM, before)


def help_text(script: str, description: str, values: flags.FlagValues) -> str:
    """The help page: every flag with its default, in the order of definition."""
    width = min(100, shutil.get_terminal_size().columns)
    lines = [f"python {script} [flags]", "", *description.strip().splitlines(), "", "Flags:"]
    for module_flags in values.flags_by_module_dict().values():
        for flag in module_flags:
            lines.append(_usage(flag))
            # absl puts the choices before the text and a note on repeating after it.
            text = flag.help.split(">: ", 1)[-1].split(";\n")[0]
            lines += textwrap.wrap(text, width, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return "\n".join(lines)


def _usage(flag: flags.Flag) -> str:
    if flag.boolean:
        return f"  --[no]{flag.name}" if flag.default else f"  --{flag.name}"
    choices = getattr(flag.parser, "enum_values", None)
    kind = "|".join(choices) if choices else flag.flag_type().split()[-1].upper()
    kind = {"STRINGS": "A,B,..."}.get(kind, kind)
    value = ",".join(flag.default) if isinstance(flag.default, list) else flag.default
    default = "" if value in (None, "") else f"  (default: {value})"
    return f"  --{flag.name}={kind}{default}"


def field_text(kind: type, field: str) -> str:
    """What the docstring of a config dataclass says of a field, as one line.

    Raises:
      ValueError: the docstring does not name the field.
    """
    text = inspect.getdoc(kind).partition("Attributes:\n")[2].partition("\nRaises:\n")[0]
    entries = re.split(r"^ {2}(?=\S)", text, flags=re.MULTILINE)
    for entry in entries:
        names, _, description = entry.partition(":")
        if field in names.split(", "):
            description = " ".join(description.split())
            return description[:1].upper() + description[1:]
    raise ValueError(f"the docstring of {kind.__name__} does not name field {field!r}")
