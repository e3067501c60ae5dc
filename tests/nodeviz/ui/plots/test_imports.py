"""The plots draw without torch: the window must be there before torch could be."""

import subprocess
import sys


def test_importing_every_plot_imports_no_torch():
    modules = "loss_plot, nfe_plot, phase_plane, time_scrubber, tradeoff_plot"
    program = f"import sys; from nodeviz.ui.plots import {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
