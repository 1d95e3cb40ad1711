"""What CI asks for, as one list. Each step is a make target; the first that fails ends it, with its exit code."""

import subprocess
import sys
import time

STEPS = [
    ("Format", "format-check"),
    ("Lint", "lint"),
    ("Types", "types"),
    ("Import arrow", "arrow"),
    ("Migrations up to date", "migrations"),
    ("Translations complete", "translations"),
    ("Tests", "test"),
]


def main() -> int:
    """Run the steps; return the exit code of the first that failed, or 0."""
    begun = time.monotonic()
    for number, (title, target) in enumerate(STEPS, 1):
        print(f"\n▸ {number}/{len(STEPS)} {title} (make {target})", flush=True)
        started = time.monotonic()
        code = subprocess.run(["make", "--no-print-directory", target], check=False).returncode
        seconds = f"{time.monotonic() - started:.1f} s"
        if code:
            print(f"✗ {title} failed after {seconds}; the later steps were not run.", flush=True)
            return code
        print(f"✓ {title} ({seconds})", flush=True)
    print(f"\n✓ All {len(STEPS)} steps passed in {time.monotonic() - begun:.0f} s.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
