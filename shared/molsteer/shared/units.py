"""Physical constants, each with its source."""

HARTREE_IN_EV = 27.211386245988
"""One hartree in eV. CODATA 2018, doi:10.1103/RevModPhys.93.025010."""

BOHR_IN_ANGSTROM = 0.529177210903
"""One bohr in angstrom. CODATA 2018, doi:10.1103/RevModPhys.93.025010."""
