import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_where_the_system_keeps_no_memory_limit_the_process_ends_itself() -> None:
    code = """
import sys, threading
sys.platform = "darwin"
from services.documents.limits import limit_memory
limit_memory(100 * 2**20)
block = b"x" * (200 * 2**20)
threading.Event().wait(20)
print("survived")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
