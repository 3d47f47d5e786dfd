# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Help, manual and completions: made of one table, and true to the program."""

import os
import re
import shutil
import subprocess

import pytest

from harness import settings
from harness.trace import run_ctrace

COMMANDS = ["trace", "run", "ps", "top", "report", "doctor", "help", "manual", "completion"]
SHELLS = ["bash", "zsh", "fish"]


def help_of(command):
    return run_ctrace("help", command).stdout


def options_of(command):
    """{name: does it take a value?} as the whole help tells."""
    rows = re.findall(r"^  (?:-\w,|   ) --([\w-]+)( [A-Z\[]\S*)?  ", help_of(command) + "  ", re.M)
    found = {name: bool(value) for name, value in rows}
    if found.pop("exclude-WHAT", None):
        kinds = "container pod namespace image label runtime"
        found.update({f"exclude-{kind}": True for kind in kinds.split()})
    return found


def needs(program):
    if not shutil.which(program):
        pytest.skip(f"no {program} here")


# --- help --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_fits_a_screen_and_ends_with_three_examples(command):
    done = run_ctrace(*filter(None, [command]), "--help")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and done.stderr == ""
    assert lines[0].startswith("usage: ctrace ")
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert lines[-4] == "Examples:" and all("ctrace " in line for line in lines[-3:])


@pytest.mark.parametrize("command", COMMANDS)
def test_all_of_the_help_is_80_columns_wide(command):
    assert max(map(len, help_of(command).splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_each_option_is_on_the_screen_and_is_one(command):
    screen = run_ctrace(command, "--help").stdout
    options = options_of(command)
    assert "help" in options
    for name, takes_value in options.items():
        assert f"--{name}" in screen or name.startswith("exclude-")
        done = run_ctrace(command, *([] if takes_value else ["--help"]), f"--{name}")
        if takes_value:
            assert done.returncode == 2 and f"--{name} needs a value" in done.stderr
        else:
            assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_wrong_with_a_value_is_told_in_one_way(command):
    for name, takes_value in options_of(command).items():
        if takes_value:
            done = run_ctrace(command, f"--{name}", "!", "--help")
            accepted = done.returncode == 0 and not done.stderr
            told = re.fullmatch(f"ctrace: --{name}: '!'[ :].*\\n", done.stderr)
            assert accepted or (done.returncode == 2 and told), done.stderr


def test_the_help_names_every_command():
    done = run_ctrace("--help")
    assert set(COMMANDS[1:]) <= set(done.stdout.split())
    assert all(f"\n  {command} " in run_ctrace("help").stdout for command in COMMANDS[1:])


def test_help_of_what_is_no_command():
    done = run_ctrace("help", "tracee")
    assert done.returncode == 2 and "'tracee'" in done.stderr


def test_help_to_a_full_disk_is_an_error():
    with open("/dev/full", "wb") as full:
        argv = [settings.CTRACE, "--help"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and done.stderr


# --- the manual ---------------------------------------------------------------------------


def test_the_manual_has_every_option_and_no_fault():
    needs("groff")
    page = run_ctrace("manual").stdout
    assert max(map(len, page.splitlines())) <= 80  # as mandoc -T lint wants it
    argv = ["groff", "-ww", "-man", "-Tascii", "-P-cbou"]
    done = subprocess.run(argv, input=page, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    for command in COMMANDS:
        assert f"ctrace {command}" in done.stdout or command == "trace"
        for name in options_of(command):
            assert re.search(rf"^ +(-\w, )?--{name}( |$)", done.stdout, re.M), name
    for title in "NAME SYNOPSIS COMMANDS OPTIONS ENVIRONMENT EXAMPLES".split():
        assert f"\n{title}\n" in done.stdout


# --- completions ----------------------------------------------------------------------------

# The shells look for ctrace in $PATH.  Each prints what it would offer, one a line.

BASH = """
source "$1"
shift
function=$(complete -p ctrace) && function=${function#*-F } && function=${function% *}
for COMP_LINE; do
    COMP_POINT=${#COMP_LINE}
    read -ra COMP_WORDS <<<"$COMP_LINE"
    [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    "$function" ctrace "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
    printf '%s\\n' "${COMPREPLY[@]}" DONE
done
"""

# A terminal of zsh's own, whose compadd tells instead of offering.
ZSH = """
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1= ; autoload -Uz compinit; compinit -u -D; source '${(q)1}
shift
zpty -w z 'compadd() { local -a o; builtin compadd -O o "$@"; print -rl -- "<"${^o}">"; builtin compadd "$@" }'
zpty -w z 'offer() { comppostfuncs=(done_); zle complete-word }; zle -N offer; bindkey "^Xc" offer'
zpty -w z 'done_() { compstate[list]= compstate[insert]=; print -r DON""E }'
zpty -w z 'print -r READ""Y'
while zpty -r z line; do [[ $line == *READY* ]] && break; done
for typed; do
    zpty -n -w z $'\\C-u'"$typed"$'\\C-xc'
    while zpty -r z line; do print -r -- "$line"; [[ $line == *DONE* ]] && break; done
done
zpty -d z
"""

FISH = """
source $argv[1]
for typed in $argv[2..]
    complete -C $typed
    echo DONE
end
"""


def offered(shell, work, *lines, user=None):
    """What the shell offers after each of these: sets of words."""
    needs(shell)
    script = work / shell
    script.write_text(run_ctrace("completion", shell).stdout)
    program = work / "ctrace"
    if not program.exists():
        shutil.copy(settings.CTRACE, program)
    argv = {
        "bash": ["bash", "--norc", "-c", BASH, "bash"],
        "zsh": ["zsh", "-f", "-c", ZSH, "zsh"],
        "fish": ["fish", "--no-config", "-c", FISH],
    }[shell]
    paths = {"PATH": f"{work}:{os.environ['PATH']}", "HOME": str(work), "TERM": "dumb"}
    done = subprocess.run(
        [*argv, str(script), *lines],
        env={**os.environ, **paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=60 * settings.PATIENCE,
        stdin=subprocess.DEVNULL,
        user=user,
    )
    assert done.stderr == "", done.stderr
    texts = done.stdout.split("DONE")[:-1]
    assert len(texts) == len(lines)
    if shell == "zsh":
        return [set(re.findall(r"<([^<>\s]+)>", text)) for text in texts]
    return [{line.split("\t")[0] for line in text.splitlines() if line} for text in texts]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_is_offered(shell, work):
    found = offered(shell, work, *[f"ctrace {command} --" for command in COMMANDS])
    for command, words in zip(COMMANDS, found):
        words = {word.rstrip("=") for word in words}
        assert {f"--{name}" for name in options_of(command)} <= words
        assert ("--wait" in words) == (command in ("trace", "top", "report"))


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_and_words_are_offered(shell, work):
    lines = ["ctrace ", "ctrace rep", "ctrace --format ", "ctrace run --backend "]
    commands, begun, formats, backends = offered(shell, work, *lines)
    assert set(COMMANDS) <= commands
    assert begun == {"report"}
    assert formats == {"json", "table"}
    assert backends == {"fexit", "tracepoint", "kprobe"}


@pytest.mark.parametrize("shell", SHELLS)
def test_live_containers_are_offered(shell, work, lxc):
    name = lxc().name
    lines = ["ctrace --container ", "ctrace ps -c ", "ctrace --exclude-container "]
    *names, formats = offered(shell, work, *lines, "ctrace --format ")
    assert all(name in words for words in names) and name not in formats


def test_a_value_behind_an_equals_sign(work, lxc):
    name = lxc().name
    assert offered("bash", work, f"ctrace --container={name[:-1]}")[0] >= {name}


def test_a_command_behind_run(work):
    for shell in ("bash", "fish"):
        assert "sleep" in offered(shell, work, "ctrace run -- slee")[0]


@pytest.mark.parametrize("shell", SHELLS)
def test_without_privileges(shell, work, lxc):
    work.chmod(0o777)  # zsh wants to write beside the script
    name = lxc().name
    assert name in offered(shell, work, "ctrace --container ", user=65534)[0]


def test_a_name_that_a_shell_would_run_is_not_offered(work, lxc):
    names = [lxc(f"ct-{os.getpid()}{bad}").name for bad in ("$(id)", "`id`", ";id", " x", "'")]
    found = run_ctrace("completion", "containers").stdout.splitlines()
    assert not set(names) & set(found)
    assert not any(set("$`;' ") & set(line) for line in found)


def test_what_can_not_be_completed():
    done = run_ctrace("completion", "tcsh")
    assert done.returncode == 2 and "'tcsh'" in done.stderr and "bash" in done.stderr


# --- where it all goes ----------------------------------------------------------------------


def test_install_and_uninstall(work):
    top = settings.TOP
    if not (top / "Makefile").exists() or not shutil.which("cc"):
        pytest.skip("the sources are not here")
    make = ["make", "-s", "-C", top, f"DESTDIR={work}", "PREFIX=/usr"]
    files = {
        "usr/bin/ctrace",
        "usr/share/ctrace/event.schema.json",
        "usr/share/man/man1/ctrace.1",
        "usr/share/bash-completion/completions/ctrace",
        "usr/share/zsh/site-functions/_ctrace",
        "usr/share/fish/vendor_completions.d/ctrace.fish",
    }
    subprocess.run([*make, "install"], check=True, stdout=subprocess.DEVNULL)
    found = {str(path.relative_to(work)) for path in work.rglob("*") if path.is_file()}
    assert files <= found
    subprocess.run([*make, "uninstall"], check=True, stdout=subprocess.DEVNULL)
    assert not any((work / name).exists() for name in files)
