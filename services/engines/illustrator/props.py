"""Drawings of our own, for common things that the set lacks: SVG within 32 by 32 units, in its flat manner."""

from __future__ import annotations

PROPS: dict[str, str] = {
    "+table": (
        '<path fill="#8a5a33" d="M4 13h3v17H4zM25 13h3v17h-3z"/><path fill="#6f4526" d="M7 13h2v15H7zM23 13h2v15h-2z"/>'
        '<path fill="#b97a45" d="M1 10.5C1 9.7 1.7 9 2.500 9h27c.8 0 1.500.7 1.500 1.500V13H1z"/>'
        '<path fill="#9a6437" d="M1 13h30v1.600H1z"/>'
    ),
    "+bench": (
        '<path fill="#5b5f66" d="M5 18h2.200v12H5zM24.800 18H27v12h-2.200z"/>'
        '<rect x="2" y="8" width="28" height="3" rx="1" fill="#b97a45"/><rect x="2" y="12.500" width="28" height="3" rx="1" fill="#a96c3c"/>'
        '<rect x="1" y="19" width="30" height="3.200" rx="1" fill="#c4854e"/><path fill="#5b5f66" d="M6 8h1.500v12H6zM24.500 8H26v12h-1.500z"/>'
    ),
    "+lighthouse": (
        '<path fill="#f5f2ec" d="M12.500 9h7l2.200 21h-11.400z"/><path fill="#e0463e" d="M12.060 13h7.880l.5 4.500h-8.880zM11.100 22h9.800l.48 4.500H10.620z"/>'
        '<path fill="#00000014" d="M17 9h2.500l2.200 21H17z"/><rect x="11" y="8" width="10" height="1.600" rx=".6" fill="#3d4450"/>'
        '<rect x="13.200" y="4.200" width="5.600" height="3.900" fill="#ffe27a"/><path fill="#3d4450" d="M15.600 4.200h.8v3.900h-.8z"/>'
        '<path fill="#e0463e" d="M12.200 4.400 16 1.200l3.800 3.200z"/><path fill="#5f6b7a" d="M15 27.200a1 1 0 0 1 2 0V30h-2zM15.200 19h1.600v1.900h-1.600z"/>'
    ),
    "+windmill": (
        '<path fill="#efe4d2" d="M12 12h8l3 18H9z"/><path fill="#00000012" d="M17 12h3l3 18h-6z"/><path fill="#a8492f" d="M11 12.500c0-3.800 2-5.500 5-5.500s5 1.700 5 5.500z"/>'
        '<path fill="#6f4526" d="M14.600 25a1.400 1.400 0 0 1 2.800 0v5h-2.800z"/><rect x="14.900" y="16" width="2.200" height="3" rx=".5" fill="#6fa3c7"/>'
        '<g fill="#fffaf0" stroke="#9b6b43" stroke-width=".5"><path d="m16 10.400-9.200-8.200-1.600 2.700 9.800 6.300zM16 10.400l8.200-9.200 1.600 1.500-8.300 9.300zM16 10.400l9.200 8.200 1.600-2.700-9.800-6.300zM16 10.400 7.800 19.600l-1.600-1.500 8.300-9.300z"/></g>'
        '<circle cx="16" cy="10.400" r="1.300" fill="#6f4526"/>'
    ),
    "+fence": (
        '<path fill="#e9e3d7" d="M0 16h32v2.400H0zM0 23h32v2.400H0z"/>'
        + "".join(
            f'<path fill="#fffdf7" d="M{x} 13.500l2-2.500 2 2.500V30h-4z"/><path fill="#d9d1c2" d="M{x + 3.2} 12.500l.8 1V30h-.8z"/>'
            for x in (1, 7.500, 14, 20.500, 27)
        )
    ),
    "+pond": (
        '<ellipse cx="16" cy="25" rx="16" ry="5.600" fill="#7fa35a"/><ellipse cx="16" cy="25" rx="15" ry="4.900" fill="#4aa3d8"/>'
        '<ellipse cx="16" cy="24.500" rx="13" ry="3.800" fill="#66b8e6"/><path stroke="#d7f0fb" stroke-width=".5" stroke-linecap="round" d="M7 24.500h5M15 26.500h6M19 23h5"/>'
    ),
    "+lamp": (
        '<path fill="#454b55" d="M15.200 8h1.600v21h-1.600zM12.600 29h6.800v1.600h-6.800zM14 26.600h4V29h-4z"/><path fill="#ffe58a" d="M13 3.600h6l-1.100 5h-3.800z"/>'
        '<path fill="#454b55" d="M12.400 3.800 16 1.200l3.600 2.600zM13.800 8.300h4.400v1h-4.400z"/>'
    ),
    "+floor-lamp": (
        '<path fill="#6f6257" d="M15.300 13h1.400v17h-1.400zM12 29.400h8V31h-8z"/><path fill="#ffd98a" d="M11.500 2h9L24 13H8z"/><path fill="#f2b85c" d="M8.500 11.500h15L24 13H8z"/>'
    ),
    "+fish-bowl": (
        '<path fill="#cfeaf7" opacity=".55" d="M8 5h16c6 5 8 11 6 17-1 3.400-3.500 6.500-6 8H8c-2.500-1.500-5-4.600-6-8-2-6 0-12 6-17z"/><path fill="#7cc8ec" opacity=".5" d="M3.500 12h25c2.200 6 1.500 13-4.500 18H8C2 25 1.300 18 3.500 12z"/>'
        '<path fill="#e9f6fc" d="M7.500 3.800h17c.8 0 1.200.4 1.200 1s-.4 1-1.200 1h-17c-.8 0-1.200-.4-1.200-1s.4-1 1.200-1z"/><path fill="#fff" opacity=".7" d="M6.500 13c-1.800 4-1.600 8 .6 11.500-.6-4-.6-7.500.6-11.500z"/>'
    ),
    "+balloon": (
        '<path fill="#e0463e" d="M16 1C9.500 1 5 5.500 5 11c0 5 4.200 8.600 7.600 11.500h6.800C22.800 19.600 27 16 27 11 27 5.500 22.500 1 16 1z"/>'
        '<path fill="#f9cf3a" d="M16 1c-3.600 0-6 4.500-6 10 0 4.600 1.800 8.600 3.600 11.500h4.800C20.200 19.600 22 15.600 22 11c0-5.500-2.400-10-6-10z"/>'
        '<path fill="#f58b2c" d="M16 1c-1.600 0-2.600 4.500-2.600 10 0 4.600.8 8.600 1.600 11.500h2c.8-2.900 1.600-6.900 1.600-11.500 0-5.500-1-10-2.600-10z"/>'
        '<path stroke="#7a5536" stroke-width=".5" d="m13 22.500.8 4M19 22.500l-.8 4"/><path fill="#9b6b43" d="M13 26h6l-.6 4.400c-.1.400-.4.600-.8.600h-3.200c-.4 0-.7-.2-.8-.6z"/><path fill="#7a5131" d="M13 26h6v1.200h-6z"/>'
    ),
    "+bridge": (
        '<path fill="#b5aca0" d="M0 14c10-4 22-4 32 0v13h-4c0-7-5-10-12-10S4 20 4 27H0z"/><path fill="#cfc7bb" d="M0 11.500c10-4 22-4 32 0V15c-10-4-22-4-32 0z"/>'
        '<path stroke="#958c80" stroke-width=".4" d="M4 17.500h3M25 17.500h3M14 14.200h4M1 22h2.600M28.400 22H31"/>'
    ),
    "+vase": (
        '<path fill="#3f7fb5" d="M11.500 3h9l-1 5c4 2.500 5.500 6.500 4.500 11-.8 4-3 8-4 11h-8c-1-3-3.200-7-4-11-1-4.500.5-8.500 4.500-11z"/>'
        '<path fill="#e8f2f8" d="M7.900 15.500h16.200l.1 2.200H7.800z"/><path fill="#2f6797" d="M11.500 3h9l-.3 1.500h-8.400z"/>'
    ),
    "+rug": (
        '<path fill="#c94b4b" d="M5 22h22l5 8H0z"/><path fill="#f2d6a2" d="M6.200 23.200h19.600l3.800 5.600H2.400z"/><path fill="#c94b4b" d="M7.400 24.200h17.200l2.500 3.600H4.900z"/>'
    ),
}  # fmt: skip
