"""A seccomp filter of our own beneath the sandbox's: what a program of one process, without network, never needs.

The sandboxes leave gaps that were tried and found open (see docs/decisions): a connection by TCP Fast Open, another
program's Unix socket, the limits and the scheduling of other processes of the same person, processes made in a race.
Filters stack and the strictest answer wins, so here nothing is opened, only more is shut.

Source: Linux, include/uapi/linux/{seccomp,filter,audit}.h and the tables of system calls of both architectures.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import struct

ABSENT = -1
NUMBERS = {
    # processes: one is all there is, and it stays what it is
    "fork": (57, ABSENT),
    "vfork": (58, ABSENT),
    "execve": (59, 221),
    "execveat": (322, 281),
    "setpgid": (109, 154),
    "setsid": (112, 157),
    # the network; what is left is a pair of sockets joined to each other, which asyncio needs
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    # other processes: their signals, memory, limits and scheduling
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "prlimit64": (302, 261),
    "setrlimit": (160, 164),
    "setpriority": (141, 140),
    "getpriority": (140, 141),
    "getpgid": (121, 155),
    "getsid": (124, 156),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_getscheduler": (145, 120),
    "sched_setparam": (142, 118),
    "sched_getparam": (143, 121),
    "sched_setattr": (314, 274),
    "sched_getattr": (315, 275),
    "ioprio_set": (251, 30),
    "ioprio_get": (252, 31),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # memory that no limit counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mq_open": (240, 180),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "inotify_init": (253, ABSENT),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    # the machine
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "mknod": (133, ABSENT),
    "mknodat": (259, 33),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "personality": (135, 92),
    "modify_ldt": (154, ABSENT),
    "iopl": (172, ABSENT),
    "ioperm": (173, ABSENT),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
}
CLONE, CLONE3, SENDTO, TGKILL = (56, 220), (435, 435), (44, 206), (234, 131)
FCNTL, IOCTL, PRCTL = (72, 25), (16, 29), (157, 167)
SIGNALS_OF_FILES = {FCNTL: (8, 10, 15), IOCTL: (0x8901, 0x8902, 0x5452)}
"""F_SETOWN, F_SETSIG and F_SETOWN_EX; FIOSETOWN, SIOCSPGRP and FIOASYNC: a file then signals any process it is told."""
PR_SET_PDEATHSIG = 1
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32_BIT = 0x40000000
CLONE_THREAD = 0x00010000

LOAD, EQUALS, AT_LEAST, HAS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2

Step = tuple[int, int, int, int]
"""A step of the filter: what to do, how far to jump when it holds and when it does not, and with which value."""


class CannotBeShut(Exception):
    """The filter could not be set; the sandbox must not be used without it."""


def die_with_parent() -> None:
    """Have the system kill this process when its parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def refuse_syscalls() -> None:
    """Set the filter for this process, for good. Raises CannotBeShut."""
    if platform.machine() not in ARCHITECTURES:
        raise CannotBeShut(platform.machine())
    column, architecture = ARCHITECTURES[platform.machine()]
    code = b"".join(struct.pack("HBBI", *step) for step in _filter(column, architecture, os.getpid()))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    pointer = ctypes.create_string_buffer(program)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(pointer), 0, 0
    ):
        raise CannotBeShut(os.strerror(ctypes.get_errno()))


def _filter(column: int, architecture: int, pid: int) -> list[Step]:
    """The filter for this architecture and process."""
    return [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (EQUALS, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_AT),
        (AT_LEAST, 0, 1, X32_BIT),
        (RETURN, 0, 0, KILL),
        # Without clone3, whose flags lie in memory that another thread may change, libraries use clone.
        *_when(CLONE3[column], [(RETURN, 0, 0, FAIL | errno.ENOSYS)]),
        *_when(CLONE[column], [_argument(0), (HAS, 1, 0, CLONE_THREAD), *_fails(), *_passes()]),
        *_when(SENDTO[column], _without_address()),
        *_when(TGKILL[column], [_argument(0), (EQUALS, 1, 0, pid), *_fails(), *_passes()]),
        *[step for call, values in SIGNALS_OF_FILES.items() for step in _without(call[column], 1, values)],
        *_without(PRCTL[column], 0, (PR_SET_PDEATHSIG,)),
        *[step for numbers in NUMBERS.values() for step in _refused(numbers[column])],
        *_passes(),
    ]


def _when(number: int, steps: list[Step]) -> list[Step]:
    """The steps for one system call; they end with an answer."""
    return [(EQUALS, 0, len(steps), number), *steps]


def _refused(number: int) -> list[Step]:
    return [] if number == ABSENT else _when(number, _fails())


def _without_address() -> list[Step]:
    """Sending goes where the socket is joined to, and nowhere else: both halves of the address are zero."""
    first, second = _argument(4), (LOAD, 0, 0, ARGUMENTS_AT + 4 * 8 + 4)
    return [first, (EQUALS, 0, 2, 0), second, (EQUALS, 1, 0, 0), *_fails(), *_passes()]


def _without(number: int, position: int, values: tuple[int, ...]) -> list[Step]:
    """One argument may not have these values."""
    refused = [step for value in values for step in ((EQUALS, 0, 1, value), *_fails())]
    return _when(number, [_argument(position), *refused, *_passes()])


def _argument(position: int) -> Step:
    """Load the lower half of an argument; both architectures put it first."""
    return (LOAD, 0, 0, ARGUMENTS_AT + 8 * position)


def _fails() -> list[Step]:
    return [(RETURN, 0, 0, FAIL | errno.EPERM)]


def _passes() -> list[Step]:
    return [(RETURN, 0, 0, ALLOW)]
