"""Each way out that we know of is shut, costs nobody else anything, and is tried behind every sandbox there is."""

from __future__ import annotations

import os
import platform
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from services.sandbox.limits import MB, Limits
from tests.services.sandbox.conftest import MakeLab
from tests.support.sandbox import Lab, Result, eventually, is_gone, is_running

ROOT = Path(__file__).parents[3]
SECRET = "a word that nobody in a sandbox may read"
REFUSED = re.compile(
    r"PermissionError|FileNotFoundError|NotADirectoryError|Read-only file system|not permitted"
)
OWNED = "import fcntl, socket, struct; a, b = socket.socketpair(); "
"""A file may be told to signal its owner, whoever that is said to be."""
CALLS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_void_p, arguments))
    return result if result >= 0 else f"refused: {os.strerror(ctypes.get_errno())}"
kept = []
def text(value):
    kept.append(value)
    return ctypes.cast(ctypes.c_char_p(value), ctypes.c_void_p).value
"""


@pytest.fixture(autouse=True)
def costs_nobody_else_anything(lab: Lab) -> Iterator[None]:
    """After every attempt this process, another session and the other's variables are as they were."""
    lab.run("kept = 'here'", "another session")
    yield
    assert lab.answers()
    assert lab.run("kept", "another session").text == "'here'\n"
    assert psutil.Process().is_running()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file beside everything that the sandbox may see."""
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same person, which must not come to harm."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    assert process.poll() is None
    process.kill()
    process.wait()


def refused(result: Result) -> bool:
    """Whether a program met a refusal, and read nothing."""
    assert SECRET not in result.text
    return REFUSED.search(result.error) is not None


class TestFiles:
    @pytest.mark.parametrize(
        "path",
        [
            "/etc/passwd",
            "/etc/shadow",
            "/etc/hostname",
            "/root/.bashrc",
            str(Path.home()),
            str(ROOT / "app.py"),
            str(ROOT / "services" / "settings.py"),
            "/proc/self/environ",
            "/proc/self/maps",
            "/proc/self/mem",
            "/proc/1/cmdline",
            "/proc/self/root/etc/passwd",
            "/proc/self/cwd/../../etc/passwd",
            "/proc/kcore",
            "/sys/kernel",
            "/dev/mem",
            "/dev/sda",
            "/dev/vda",
            "/dev/fd/0",
            "/var/run/docker.sock",
            "/run",
            "/home",
            "/interpreter/inside/../../../etc/passwd",
            "/mnt/data/../../etc/passwd",
        ],
    )
    def test_what_belongs_to_others_cannot_be_read(self, lab: Lab, path: str) -> None:
        assert refused(lab.run(f"open({path!r}, 'rb').read()"))
        assert refused(
            lab.run(f"import os\nif not os.path.isfile({path!r}): os.listdir({path!r})\nopen({path!r})")
        )

    def test_our_own_files_cannot_be_read(self, lab: Lab, secret: Path) -> None:
        home = secret.parent / "home"
        home.mkdir()
        for name in ("tandem.db", "api_key"):
            (home / name).write_text(SECRET)
            assert refused(lab.run(f"open({str(home / name)!r}).read()"))
        assert refused(lab.run(f"open({str(secret)!r}).read()"))
        assert refused(lab.run(f"import os; os.listdir({str(secret.parent)!r})"))

    def test_another_sessions_folder_cannot_be_reached(self, lab: Lab) -> None:
        lab.run(f"open('theirs.txt', 'w').write({SECRET!r})", "another session")
        folder = lab.session_folder("another session")
        for path in (folder / "data" / "theirs.txt", folder / "data", folder.parent, folder):
            assert refused(lab.run(f"print(open({str(path)!r}).read())"))
            assert refused(lab.run(f"import os; print(os.listdir({str(path)!r}))"))
            assert refused(lab.run(f"import os; os.chdir({str(path)!r}); os.listdir()"))
        assert refused(lab.run("print(open('/mnt/data/theirs.txt').read())"))

    def test_the_root_shows_nothing_but_what_python_needs(self, lab: Lab) -> None:
        names = set(eval(lab.run("import os; os.listdir('/')").text))
        known = {"mnt", "dev", "python", "usr", "tmp", "lib", "lib64", "interpreter"}
        assert {name for name in names if not name.startswith("site")} <= known
        assert lab.run("os.listdir('/mnt'), os.listdir('/interpreter/inside')[:0]").text == "(['data'], [])\n"
        assert not re.search(r"\.(db|env|toml)", lab.run("[*os.walk('/interpreter')]").text)

    def test_the_environment_holds_no_key(self, lab: Lab) -> None:
        names = set(lab.run("import os; print(*os.environ)").text.split())
        assert not any(re.search(r"KEY|TOKEN|SECRET|OPENAI|TANDEM|AWS", name) for name in names)
        assert names <= {*["HOME", "TMPDIR", "PATH", "LANG", "TZ", "LD_LIBRARY_PATH", "PWD", "LC_CTYPE"]} | {
            name for name in names if name.startswith(("MPL", "OPENBLAS", "OMP", "ARROW", "MALLOC"))
        }

    @pytest.mark.parametrize(
        "attempt",
        [
            "os.symlink(target, 'link'); print(open('link').read())",
            "os.symlink(folder, 'around'); print(open('around/secret.txt').read())",
            "os.symlink(folder, 'around2'); print(os.listdir('around2'))",
            "os.symlink('/', 'top'); print(open('top' + target).read())",
            "os.symlink('../../../../../../' + target, 'up'); print(open('up').read())",
            "os.link(target, 'hard'); print(open('hard').read())",
            "os.rename(target, 'mine'); print(open('mine').read())",
            "os.replace('own', target)",
            "os.symlink('/proc/self/root', 'r'); print(open('r' + target).read())",
            "import shutil; shutil.copy(target, 'copy')",
            "os.chroot(folder)",
            "os.unlink(target)",
            "os.chmod(target, 0o777)",
            "os.truncate(target, 0)",
            "os.utime(target)",
            "os.mkdir(folder + '/new')",
            "open(folder + '/new', 'w')",
            "open('/etc/new', 'w')",
            "open('/new', 'w')",
            "open('/usr/lib/new', 'w')",
            "open('/site0/new', 'w')",
            "open('/interpreter/inside/main.py', 'a')",
            "open('/python/bin/new', 'w')",
            "os.unlink('/interpreter/inside/main.py')",
            "os.stat(target)",
            "import sqlite3; sqlite3.connect('file:' + target + '?mode=ro', uri=True).execute('select 1 from t')",
        ],
    )
    def test_no_trick_with_paths_leads_out(self, lab: Lab, secret: Path, attempt: str) -> None:
        key = lab.new_key()
        told = f"import os; target, folder = {str(secret)!r}, {str(secret.parent)!r}; open('own', 'w').write('x')\n"
        result = lab.run(told + attempt, key)
        assert refused(result) or "unable to open database file" in result.error
        assert secret.read_text() == SECRET
        assert [path.name for path in secret.parent.iterdir() if path != secret.parent / "sessions0"] == [
            "secret.txt"
        ]
        lab.call(lab.interpreter.forget(key))

    def test_a_link_that_is_swapped_under_the_supervisors_eyes_leads_nowhere(
        self, lab: Lab, secret: Path
    ) -> None:
        program = f"""
import os, threading, time
os.makedirs("real", exist_ok=True); open("real/secret.txt", "w").write("own")
stop = time.monotonic() + 1.5
def swap():
    while time.monotonic() < stop:
        for target in ("real", {str(secret.parent)!r}):
            os.symlink(target, "fresh"); os.replace("fresh", "way")
threading.Thread(target=swap).start()
seen = set()
while time.monotonic() < stop:
    try: seen.add(open("way/secret.txt").read())
    except OSError: pass
print(seen)
"""
        assert lab.run(program, lab.new_key()).text == "{'own'}\n"

    @pytest.mark.parametrize("make", ["os.symlink(target, '/dev/null')", "os.mkfifo('/dev/null')"])
    def test_what_we_clean_up_is_nothing_a_program_has_put_there(
        self, lab: Lab, secret: Path, make: str
    ) -> None:
        key = lab.new_key()
        result = lab.run(f"import os; target = {str(secret)!r}; os.unlink('/dev/null'); {make}", key)
        assert not result.error or refused(result)
        assert lab.run("1", key).text == "1\n"
        assert secret.read_text() == SECRET

    def test_folders_that_were_shut_are_opened_again(self, lab: Lab) -> None:
        key = lab.new_key()
        lab.run(
            "import os; open('a.txt', 'w').write('1'); os.chmod('/mnt/data', 0); os.chmod('/tmp', 0)", key
        )
        assert lab.put("b.txt", b"given", key) == "b.txt"
        assert lab.run("open('/mnt/data/c.txt', 'w').write('3')", key).files == {"c.txt": 1}

    def test_raw_calls_open_no_more_than_python_does(self, lab: Lab, secret: Path) -> None:
        if platform.machine() != "x86_64":
            pytest.skip("the numbers are those of x86-64")
        program = f"""{CALLS}
path = text({str(secret)!r}.encode()); how = ctypes.create_string_buffer(24)
print(call(2, path, 0), call(257, -100 & 2**64 - 1, path, 0), call(437, -100 & 2**64 - 1, path, ctypes.addressof(how), 24))
print(call(304, -100 & 2**64 - 1, ctypes.addressof(how), 0), call(85, path, 0o600), call(161, text(b"/mnt/data")))
"""
        result = lab.run(program)
        assert result.text.count("refused") == 6, result


class TestNetwork:
    @pytest.mark.parametrize(
        "attempt",
        [
            "socket.create_connection(('127.0.0.1', port), 2)",
            "socket.create_connection(('::1', port), 2)",
            "socket.create_connection(('192.0.2.1', 80), 2)",
            "s = socket.socket(); s.connect(('127.0.0.1', port))",
            "s = socket.socket(); s.sendto(b'x', socket.MSG_FASTOPEN, ('127.0.0.1', port))",
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('127.0.0.1', port))",
            "s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.sendto(b'x', ('::1', port))",
            "s = socket.socket(); s.bind(('127.0.0.1', 0))",
            "s = socket.socket(); s.listen()",
            "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
            "s = socket.socket(socket.AF_UNIX); s.connect(unix)",
            "s = socket.socket(socket.AF_UNIX); s.connect('\\0' + abstract)",
            "s = socket.socket(socket.AF_UNIX); s.bind('here')",
            "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); a.sendto(b'x', unix)",
            "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); a.connect(unix)",
            "a, b = socket.socketpair(); a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, b'\\1\\0\\0\\0')])",
            "import urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{port}/v1/models', timeout=2)",
            "socket.getaddrinfo('example.com', 80)",
        ],
    )
    def test_no_connection_leads_out(self, lab: Lab, tmp_path: Path, attempt: str) -> None:
        unix, abstract = tmp_path / "s", f"tandem-test-{os.getpid()}"
        with (
            closing(socket.create_server(("127.0.0.1", 0))) as server,
            closing(socket.socket(socket.AF_UNIX)) as by_path,
            closing(socket.socket(socket.AF_UNIX)) as by_name,
        ):
            by_path.bind(str(unix))
            by_path.listen()
            by_name.bind(f"\0{abstract}")
            by_name.listen()
            told = f"port, unix, abstract = {server.getsockname()[1]}, {str(unix)!r}, {abstract!r}"
            result = lab.run(f"import socket\n{told}\n{attempt}", lab.new_key())
            assert "Err" in result.error, result
            for listener in (server, by_path, by_name):
                listener.settimeout(0)
                with pytest.raises(BlockingIOError):
                    listener.accept()

    def test_what_needs_no_network_still_works(self, lab: Lab) -> None:
        program = (
            "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 7\nasyncio.run(f())"
        )
        assert lab.run(program).text == "7\n"


class TestOtherProcesses:
    @pytest.mark.parametrize(
        "attempt",
        [
            "os.kill(pid, 9)",
            "os.kill(pid, 0)",
            "os.kill(os.getppid(), 9)",
            "os.kill(-1, 9)",
            "os.killpg(0, 9)",
            "os.killpg(pid, 9)",
            "signal.pidfd_send_signal(os.pidfd_open(pid), 9)",
            "os.setpriority(os.PRIO_PROCESS, pid, 19)",
            "os.sched_setaffinity(pid, [0])",
            "os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))",
            "resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))",
            "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)",
            "os.getpgid(pid)",
            "open(f'/proc/{pid}/status').read()",
            "os.setsid()",
            f"{OWNED}fcntl.fcntl(a, fcntl.F_SETOWN, pid)",
            f"{OWNED}fcntl.fcntl(a, 15, struct.pack('ii', 1, pid))",
            f"{OWNED}fcntl.fcntl(a, 10, 9)",
            f"{OWNED}fcntl.ioctl(a, 0x8901, struct.pack('i', pid))",
            f"{OWNED}fcntl.ioctl(a, 0x8902, struct.pack('i', pid))",
            "os.unshare(os.CLONE_NEWUSER) if hasattr(os, 'unshare') else os.kill(pid, 0)",
        ],
    )
    def test_they_are_neither_seen_nor_touched(
        self, lab: Lab, bystander: subprocess.Popen[bytes], attempt: str
    ) -> None:
        niceness = psutil.Process(bystander.pid).nice()
        told = f"import os, resource, signal; pid = {bystander.pid}\n"
        result = lab.run(told + attempt, lab.new_key())
        assert re.search("PermissionError|FileNotFoundError|ProcessLookupError|ValueError", result.error), (
            result
        )
        assert psutil.Process(bystander.pid).nice() == niceness

    @pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86-64")
    def test_no_raw_call_touches_them_or_the_machine(
        self, lab: Lab, bystander: subprocess.Popen[bytes]
    ) -> None:
        program = f"""{CALLS}
pid, buffer = {bystander.pid}, ctypes.addressof(ctypes.create_string_buffer(256))
numbers = dict(
    kill=(62, pid, 9), tkill=(200, pid, 9), tgkill=(234, pid, pid, 9), sigqueue=(129, pid, 9, buffer),
    ptrace=(101, 16, pid, 0, 0), readv=(310, pid, buffer, 1, buffer, 1, 0), writev=(311, pid, buffer, 1, buffer, 1, 0),
    prlimit=(302, pid, 7, buffer, 0), setrlimit=(160, 1, buffer), kcmp=(312, pid, pid, 0, 0, 0),
    pidfd=(434, pid, 0), getfd=(438, 3, 0, 0), migrate=(256, pid, 0, 0, 0), ioprio=(251, 1, pid, 0x6007),
    unshare=(272, 0x10000000), setns=(308, 3, 0), mount=(165, 0, 0, 0, 0, 0), fsopen=(430, text(b"tmpfs"), 0),
    open_tree=(428, 0, text(b"/"), 1), pivot=(155, text(b"."), text(b".")), umount=(166, text(b"/"), 0),
    bpf=(321, 0, 0, 0), perf=(298, buffer, 0, 0, 0, 0), keyctl=(250, 0, 0), add_key=(248, buffer, buffer, 0, 0, 0),
    uring=(425, 1, buffer), userfault=(323, 0), memfd=(319, text(b"x"), 0), secret=(447, 0), shm=(29, 0, 4096, 0o1600),
    mq=(240, text(b"/x"), 0o102, 0o600, 0), sem=(64, 0, 1, 0o1600), inotify=(294, 0), fanotify=(300, 0, 0),
    mknod=(259, 0, text(b"/mnt/data/n"), 0o060600, 0xfe00), iopl=(172, 3), ioperm=(173, 0, 1, 1), ldt=(154, 0, buffer, 1),
    time=(164, buffer, 0), clock=(227, 0, buffer), adjust=(159, buffer), name=(170, buffer, 1), syslog=(103, 2, buffer, 9),
    reboot=(169, 0xfee1dead, 0, 0, 0), module=(175, buffer, 1, buffer), kexec=(246, 0, 0, 0, 0), swap=(167, buffer, 0),
    acct=(163, buffer), quota=(179, 0, 0, 0, 0), seccomp=(317, 1, 0, buffer), landlock=(444, 0, 0, 1), person=(135, 8),
    socket=(41, 2, 1, 0), connect=(42, 0, buffer, 16), execve=(59, text(b"/python/bin/python3"), 0, 0),
    execveat=(322, 0, text(b"/python/bin/python3"), 0, 0, 0), fork=(57,), vfork=(58,), clone=(56, 17, 0, 0, 0, 0),
    clone3=(435, buffer, 88), setsid=(112,), setuid=(105, 0) if os.getuid() else (165, 0, 0, 0, 0, 0),
)
open_ = {{name: result for name, arguments in numbers.items() if "refused" not in str(result := call(*arguments))}}
print(open_)
"""
        assert lab.run(program, lab.new_key()).text == "{}\n"

    @pytest.mark.skipif(
        platform.machine() != "x86_64", reason="other architectures have no second set of calls"
    )
    @pytest.mark.parametrize(
        "code",
        [
            pytest.param("b8 14 00 00 00 cd 80 c3", id="32-bit call"),  # mov eax, getpid; int 0x80
            pytest.param("b8 27 00 00 40 0f 05 c3", id="x32 call"),  # mov eax, x32 getpid; syscall
        ],
    )
    def test_the_other_sets_of_system_calls_end_the_program(self, lab: Lab, code: str) -> None:
        program = f"""
import ctypes, mmap
memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
memory.write(bytes.fromhex("{code}"))
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))())
"""
        result = lab.run(program, lab.new_key())
        assert result.text == ""
        assert "ended its interpreter" in result.notice

    def test_no_file_is_open_but_the_pipes(self, lab: Lab) -> None:
        program = """
import os, stat
def kind(file):
    try: return stat.S_IFMT(os.fstat(file).st_mode)
    except OSError: return stat.S_IFIFO
print({kind(file) for file in range(1000)} == {stat.S_IFIFO})
"""
        assert lab.run(program, lab.new_key()).text == "True\n"

    def test_no_capability_is_left(self, lab: Lab) -> None:
        lab.run("1")
        status = Path(f"/proc/{lab.worker().pid}/status").read_text()
        assert re.findall(r"Cap(?:Prm|Eff|Inh|Amb):\s+(\w+)", status) == ["0" * 16] * 4
        assert re.search(r"NoNewPrivs:\s+1", status)
        assert re.search(r"Seccomp:\s+2", status)


class TestBounds:
    @pytest.mark.parametrize(
        "attempt",
        [
            "os.fork()",
            "os.forkpty()",
            "os.posix_spawn('/python/bin/python3', ['python3'], {})",
            "os.execv('/python/bin/python3', ['python3'])",
            "subprocess.run(['ls'])",
            "subprocess.Popen(['sleep', '600'], start_new_session=True)",
            "os.system('sleep 600 &') and os.fork()",
            "multiprocessing.get_context('fork').Process(target=print).start()",
            "multiprocessing.get_context('spawn').Process(target=print).start()",
        ],
    )
    def test_no_process_is_left_behind_or_even_made(self, lab: Lab, attempt: str) -> None:
        key = lab.new_key()
        lab.run("1", key)
        before = psutil.Process(lab.worker(key).ppid()).children(recursive=True)
        result = lab.run(f"import multiprocessing, os, subprocess\n{attempt}", key)
        assert "Error" in result.error
        assert psutil.Process(lab.worker(key).ppid()).children(recursive=True) == before

    def test_a_fork_bomb_goes_off_in_the_hand(self, lab: Lab) -> None:
        program = "import os\nmade = 0\nfor _ in range(10000):\n    try: made += os.fork() >= 0\n    except OSError: pass\nprint(made)"
        assert lab.run(program).text == "0\n"

    def test_a_race_for_a_process_is_lost(self, lab: Lab) -> None:
        """clone3 reads its flags from memory, where another thread may change them after they were checked."""
        if platform.machine() != "x86_64":
            pytest.skip("the numbers are those of x86-64")
        program = f"""{CALLS}
import threading, time
flags = (ctypes.c_uint64 * 11)(); stop = time.monotonic() + 0.7
def flip():
    while time.monotonic() < stop: flags[0] = 0x10f00; flags[0] = 0
threading.Thread(target=flip).start()
made = 0
while time.monotonic() < stop: made += "refused" not in str(call(435, ctypes.addressof(flags), 88))
print(made)
"""
        assert lab.run(program, lab.new_key()).text == "0\n"

    def test_a_crowd_of_threads_is_ended(self, lab: Lab) -> None:
        program = """
import threading, time
threading.stack_size(64 * 1024)
for _ in range(5000): threading.Thread(target=time.sleep, args=(600,)).start()
"""
        result = lab.run(program, lab.new_key())
        assert "more than 64 threads" in result.notice or "can't start new thread" in result.error

    @pytest.mark.parametrize(
        "attempt",
        [
            "b = bytearray(10 * 2**30)",
            "import numpy; numpy.zeros(10 * 2**30, 'u1')",
            "import mmap; mmap.mmap(-1, 10 * 2**30)",
            "b = []\nwhile True: b.append(bytearray(2**20))",
            "import mmap; b = []\nwhile True: b.append(mmap.mmap(-1, 2**20)); b[-1][:] = b'x' * 2**20",
            "b = {}\nwhile True: b[len(b)] = str(len(b)) * 100",
            "open('f', 'wb').truncate(30 * 2**20)\nimport mmap; b = []\nwhile True:\n"
            "    with open('f', 'r+b') as f: m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY); b.append(m)\n"
            "    for i in range(0, len(m), 4096): m[i] = 1",
        ],
    )
    def test_ten_gigabytes_of_memory_are_not_to_be_had(self, lab: Lab, attempt: str) -> None:
        result = lab.run(attempt, lab.new_key())
        lost = "used more than 512 MB of memory" in result.notice or "signal 9" in result.notice
        assert lost or re.search("MemoryError|Cannot allocate memory|Too many open files", result.error), (
            result
        )

    def test_after_a_memory_error_the_session_goes_on(self, lab: Lab) -> None:
        key = lab.new_key()
        assert "MemoryError" in lab.run("x = 1\nb = bytearray(10 * 2**30)", key).error
        assert lab.run("x", key).text == "1\n"

    @pytest.mark.parametrize(
        "attempt",
        [
            "f = open('big', 'wb')\nwhile True: f.write(b'x' * 2**20)",
            "f = open('/tmp/big', 'wb')\nwhile True: f.write(b'x' * 2**20)",
            "open('big', 'wb').truncate(10 * 2**30)",
            "import os; os.posix_fallocate(os.open('big', os.O_CREAT | os.O_RDWR), 0, 10 * 2**30)",
            "import itertools\nfor n in itertools.count():\n    with open(f'f{n}', 'wb') as f: f.write(b'x' * 2**20)",
            "import itertools\nfor n in itertools.count(): open(f'f{n}', 'w').close()",
            "import os\nkept = []\nwhile True:\n    kept.append(open('gone', 'wb')); os.unlink('gone')\n"
            "    for _ in range(20): kept[-1].write(b'x' * 2**20)",
            "import os\nwhile True: os.mkdir('d'); os.chdir('d')",
            "import os\nos.mkdir('d'); f = [open(f'd/{n}', 'wb') for n in range(9)]; os.chmod('d', 0)\n"
            "while True: [g.write(b'x' * 2**20) for g in f]",
            "import os\nos.mkdir('d'); f = [open(f'd/{n}', 'wb') for n in range(9)]; os.chmod('d', 0o400)\n"
            "while True: [g.write(b'x' * 2**20) for g in f]",
        ],
    )
    def test_the_disk_is_not_to_be_filled(self, lab: Lab, attempt: str) -> None:
        key = lab.new_key()
        result = lab.run(attempt, key)
        lost = "wrote more than 48 MB or 1000 files" in result.notice
        assert lost or re.search("File too large|No space left", result.error), result
        assert lab.run("open('after.txt', 'w').write('1')", key).files == {"after.txt": 1}
        used = sum(p.lstat().st_blocks * 512 for p in lab.session_folder(key).rglob("*"))
        assert used <= 2 * lab.limits.disk_bytes
        lab.call(lab.interpreter.forget(key))

    def test_output_is_cut_and_the_rest_is_thrown_away(self, lab: Lab) -> None:
        key = lab.new_key()
        result = lab.run("x = 1\nfor _ in range(300): print('y' * 1000)", key)
        assert len(result.text) == 64 * 1024
        assert result.notice == "The output was cut after 64 KB; 234764 bytes more were printed."
        assert lab.run("x", key).text == "1\n"

    def test_figures_are_counted(self, lab: Lab) -> None:
        program = "import matplotlib.pyplot as plt\nfor _ in range(23): plt.figure(figsize=(1, 1)); plt.plot([1]); plt.show()"
        result = lab.run(program, lab.new_key())
        assert len(result.figures) == 20
        assert result.notice == "3 figures more were drawn and left out."

    def test_a_figure_of_great_size_is_drawn_smaller_or_left_out(self, lab: Lab) -> None:
        program = """
import matplotlib.pyplot as plt, numpy
plt.figure(figsize=(20, 20), dpi=100); plt.imshow(numpy.random.rand(1200, 1200)); plt.show()
"""
        result = lab.run(program, lab.new_key())
        assert all(len(png) <= 4 * MB for png in result.figures)
        assert result.figures or "too large" in result.text or result.notice

    def test_files_are_counted(self, lab: Lab) -> None:
        result = lab.run("for n in range(30): open(f'{n}.txt', 'w').write('x')", lab.new_key())
        assert len(result.files) == 20
        assert result.notice == "Of 30 files that were written, 20 are shown."


ENDLESS = Limits(memory_bytes=512 * MB, disk_bytes=48 * MB, entries=1000, cell_s=1.0, grace_s=1.0)


class TestEndless:
    @pytest.mark.parametrize(
        "program", ["while True: pass", "import time; time.sleep(10**6)", "input_ = sum(iter(int, 1))"]
    )
    def test_an_endless_program_is_stopped(self, make_lab: MakeLab, program: str) -> None:
        assert "1 seconds" in make_lab(ENDLESS).run(program).notice

    def test_one_that_does_not_want_to_stop_is_ended(self, make_lab: MakeLab) -> None:
        program = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
        lab = make_lab(ENDLESS)
        lost = "The program did not stop within 1 seconds and was ended; variables are gone, files are kept."
        assert lab.run(program).notice == lost
        assert lab.answers()

    def test_endless_output_is_cut(self, make_lab: MakeLab) -> None:
        result = make_lab(ENDLESS).run("while True: print('y' * 1000)")
        assert len(result.text) == 64 * 1024
        assert "The output was cut after 64 KB" in result.notice

    @pytest.mark.parametrize(
        "said", ["b'x' * 2**16", 'b\'{"done": 1, "error": null}\\n\'', "b'[' * 2**16", "b'{}\\n'"]
    )
    def test_a_program_that_speaks_as_its_interpreter_harms_itself_alone(
        self, make_lab: MakeLab, said: str
    ) -> None:
        program = f"""
import os
for pipe in range(3, 20):
    try:
        while True: os.write(pipe, {said})
    except OSError: pass
"""
        lab = make_lab(ENDLESS)
        assert lab.run(program).text == ""
        assert lab.answers()

    def test_processor_time_is_bounded(self, make_lab: MakeLab) -> None:
        lab = make_lab(replace(ENDLESS, cell_s=30.0, cpu_s=1))
        assert "used more than 1 seconds of processor time" in lab.run("while True: pass").notice


class TestDeaths:
    def test_a_sandbox_dies_with_its_keeper(self, lab: Lab) -> None:
        key = lab.new_key()
        lab.run("1", key)
        worker, keeper = lab.worker(key), lab.keeper(key)
        keeper.kill()
        assert eventually(lambda: is_gone(worker) and lab.has_noticed(key))
        assert lab.run("1", key).text == "1\n"

    def test_a_sandbox_dies_with_us_and_its_files_are_removed_by_the_next(
        self, lab: Lab, tmp_path: Path
    ) -> None:
        folder = tmp_path / "sessions"
        wall = lab.interpreter._starter._walls[0].name
        command = [sys.executable, "-c", US.format(folder=str(folder), wall=wall)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as us:
            assert us.stdout is not None
            pids = [int(pid) for pid in us.stdout.readline().split()]
            us.kill()
        assert len(pids) >= 2
        assert eventually(lambda: not any(map(is_running, pids)))
        (left,) = folder.iterdir()
        with closing(Lab(folder, walls=lab.interpreter._starter._walls)) as next_one:
            next_one.run("1")
            assert not left.exists()


US = """
import time
from pathlib import Path
import psutil
from services.sandbox.walls import wall_named
from tests.support.sandbox import Lab
lab = Lab(Path({folder!r}), walls=(wall_named({wall!r}),))
lab.run("import threading\\ndef busy():\\n    while True: pass\\nthreading.Thread(target=busy).start()")
print(*[process.pid for process in psutil.Process().children(recursive=True)], flush=True)
time.sleep(60)
"""


def test_no_sandbox_runs_that_is_not_known(lab: Lab) -> None:
    known = sum(not lab.has_noticed(key) for key in lab.interpreter._sessions)
    known += lab.interpreter._spare._making is not None

    def keepers() -> int:
        return sum(str(lab.folder) in " ".join(process.cmdline()) for process in psutil.Process().children())

    assert eventually(lambda: keepers() == known)
