"""How a campaign was done, as a paragraph for a paper, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from molsteer.shared.wire.levels import recipe_of
from molsteer.shared.wire.specs import Level, Surrogate
from molsteer.shared.wording import counted
from molsteer.steering.ledger.additions import told
from molsteer.steering.records.aims import bar
from molsteer.steering.records.watching.story import Story
from molsteer.steering.settings.limits import told as told_of_limit


@dataclass(frozen=True, slots=True)
class Citation:
    """A publication.

    Attributes:
        text: Authors, journal and year.
        doi: Its digital object identifier.
    """

    text: str
    doi: str

    @property
    def address(self) -> str:
        """Where it is found."""
        return f"https://doi.org/{self.doi}"


_GFN2 = Citation(
    "C. Bannwarth, S. Ehlert, S. Grimme: GFN2-xTB. J. Chem. Theory Comput. 15, 1652 (2019)",
    "10.1021/acs.jctc.8b01176",
)
_ALPB = Citation(
    "S. Ehlert, M. Stahn, S. Spicher, S. Grimme: Robust and Efficient Implicit Solvation Model "
    "for Fast Semiempirical Methods. J. Chem. Theory Comput. 17, 4250 (2021)",
    "10.1021/acs.jctc.1c00471",
)
_ETKDG = Citation(
    "S. Riniker, G. A. Landrum: Better Informed Distance Geometry. J. Chem. Inf. Model. 55, 2562 "
    "(2015)",
    "10.1021/acs.jcim.5b00654",
)
_GEOMETRIC = Citation(
    "L.-P. Wang, C. Song: Geometry optimization made simple with translation and rotation "
    "coordinates. J. Chem. Phys. 144, 214108 (2016)",
    "10.1063/1.4952956",
)
_QCENGINE = Citation(
    "D. G. A. Smith et al.: Quantum Chemistry Common Driver and Databases (QCDB) and Quantum "
    "Chemistry Engine (QCEngine). J. Chem. Phys. 155, 204801 (2021)",
    "10.1063/5.0059356",
)
_PROGRAMS = {
    "nwchem": Citation(
        "M. Valiev et al.: NWChem. Comput. Phys. Commun. 181, 1477 (2010)",
        "10.1016/j.cpc.2010.04.018",
    )
}
_GIN = Citation(
    "W. Hu et al.: Strategies for Pre-training Graph Neural Networks. ICLR (2020)",
    "10.48550/arXiv.1905.12265",
)
_GP = Citation(
    "C. E. Rasmussen, C. K. I. Williams: Gaussian Processes for Machine Learning. MIT Press (2006)",
    "10.7551/mitpress/3206.001.0001",
)
_TREES = Citation(
    "P. Geurts, D. Ernst, L. Wehenkel: Extremely randomized trees. Mach. Learn. 63, 3 (2006)",
    "10.1007/s10994-006-6226-1",
)
_SURROGATES: Mapping[Surrogate, tuple[str, Citation]] = {
    "graphs": ("an ensemble of message-passing networks", _GIN),
    "gp": ("a Gaussian process on fingerprints and descriptors", _GP),
    "trees": ("extremely randomised trees on descriptors", _TREES),
}
_QM9 = Citation(
    "R. Ramakrishnan, P. O. Dral, M. Rupp, O. A. von Lilienfeld: Quantum chemistry structures and "
    "properties of 134 kilo molecules. Sci. Data 1, 140022 (2014)",
    "10.1038/sdata.2014.22",
)
_MOSES = Citation(
    "D. Polykovskiy et al.: Molecular Sets (MOSES). Front. Pharmacol. 11, 565644 (2020)",
    "10.3389/fphar.2020.565644",
)
_COLMENA = Citation(
    "L. Ward et al.: Colmena: Scalable Machine-Learning-Based Steering of Ensemble Simulations. "
    "MLHPC (2021)",
    "10.1109/MLHPC54614.2021.00007",
)
_SETS = {"qm9": _QM9, "moses": _MOSES}
"""Well-known sets of molecules, by what the names of their files hold."""


def method(story: Story) -> str:
    """Describe how the campaign was done, in the past tense of a paper."""
    return " ".join([*_search(story), *_levels(story), *_models(story), _program(story)])


def citations(story: Story) -> list[Citation]:
    """List what was used, and nothing else."""
    found = list[Citation]()
    levels = story.findings.levels
    methods = {level.spec.method for level in levels}
    if methods & {"xtb", "xtb-vertical"}:
        found += [_GFN2, _ETKDG, *([_GEOMETRIC] if "xtb" in methods else [])]
        if any(level.spec.solvent for level in levels):
            found.append(_ALPB)
    recipes = [recipe for level in levels if (recipe := recipe_of(level.spec))]
    if recipes:
        programs = sorted({recipe.program for recipe in recipes} & _PROGRAMS.keys())
        found += [*map(_PROGRAMS.__getitem__, programs), _QCENGINE, _ETKDG, _GEOMETRIC]
        found = list(dict.fromkeys(found))
    found += [_SURROGATES[kind][1] for kind in _ours(story)]
    names = " ".join(story.about.sources).lower()
    found += [citation for name, citation in _SETS.items() if name in names]
    return [*found, _COLMENA]


def _search(story: Story) -> Iterator[str]:
    about, findings = story.about, story.findings
    size = f"{findings.space_size:,} molecules" if findings.space_size else "The molecules"
    files = f" of {' and '.join(about.sources)}" if about.sources else ""
    wanted = " and ".join(
        f"{_goal(each.goal, each.target, each.output.unit)} "
        f"{each.output.name.replace('_', ' ')}{f' (a hit: {hits})' if (hits := bar(each)) else ''}"
        for each in findings.objectives
    )
    limits = " and ".join(
        f"{each.output.name.replace('_', ' ')} {told_of_limit(each)}" for each in findings.limits
    )
    done = " and ".join(
        f"{each.done:,} at the level {each.level}"
        if len(findings.reached) > 1
        else f"{each.done:,}"
        for each in findings.reached
    )
    kept = f", of those with {limits}" if limits else ""
    yield f"{size}{files} were searched by active learning for the {wanted or 'best'}{kept}."
    if done:
        yield f"Simulations succeeded for {done} of them; the random seed was {_seed(story)}."
    controls = sum(each.by_chance for each in findings.found)
    drawn = sum(not each.generation for each in findings.found) - controls
    if drawn:
        how = "at random" if findings.starter == "random" else f"by {findings.starter}"
        yield f"The first {counted(drawn, 'result')} came from molecules drawn {how}."
    if controls:
        yield f"Later {counted(controls, 'molecule')} were drawn at random as a control."
    if findings.known_labels:
        yield f"{counted(findings.known_labels, 'label')} had been known before."
    for addition in findings.additions:
        yield f"Added after {counted(addition.results, 'result')}: {told(addition)}."


def _goal(goal: str, target: float | None, unit: str) -> str:
    if goal == "reach":
        return f"{f'value nearest to {target:g} {unit}'.rstrip()} of the"
    return {"maximise": "highest", "minimise": "lowest"}[goal]


def _seed(story: Story) -> int:
    return story.about.settings.campaign.seed


def _levels(story: Story) -> Iterator[str]:
    programs = f" ({' and '.join(story.about.engines)})" if story.about.engines else ""
    for level in story.findings.levels:
        yield _level(level, programs)
        programs = ""


def _level(level: Level, programs: str) -> str:
    spec = level.spec
    if spec.method == "replay":
        return f"Values at the level {level.name} were looked up in a table and not computed."
    if (recipe := recipe_of(spec)) is not None:
        return (
            f"Properties at the level {level.name} were computed by {recipe.title} with "
            f"{recipe.program}{programs}, from one ETKDG conformer that was relaxed with geomeTRIC."
        )
    if spec.method not in {"xtb", "xtb-vertical"}:
        method = f"the method {spec.method}{programs}"
        return f"Properties at the level {level.name} were computed by {method}."
    where = f"in {spec.solvent} (ALPB)" if spec.solvent else "in the gas phase"
    geometry = "was relaxed with geomeTRIC" if spec.method == "xtb" else "a force field had relaxed"
    return (
        f"Properties were computed {where} by GFN2-xTB{programs}, from one ETKDG conformer that "
        f"{geometry}."
    )


def _models(story: Story) -> Iterator[str]:
    updates, policy = story.findings.updates, story.about.settings.policy
    if not updates:
        return
    kinds = [_SURROGATES[kind][0] for kind in _ours(story)] or ["models of a package"]
    rule = {
        "ucb": f"mean plus {policy.beta:g} times spread",
        "greedy": "mean prediction",
    }.get(policy.acquisition, f"rule {policy.acquisition}")
    yield (
        f"Models ({' and '.join(kinds)}) were trained {len(updates)} times, the last time on "
        f"{updates[-1].labels:,} labels; all molecules were ranked by their {rule}."
    )


def _ours(story: Story) -> list[Surrogate]:
    """Name the kinds of surrogate that were trained, none if a package brought its own trainer."""
    if "train" in story.about.settings.handlers:
        return []
    return list(dict.fromkeys(kind for each in story.findings.updates for kind in each.of_kinds))


def _program(story: Story) -> str:
    rdkit = f" and RDKit {story.about.rdkit}" if story.about.rdkit else ""
    return f"The campaign was run by molsteer {story.about.version}{rdkit}."


def used(citations: Sequence[Citation]) -> list[tuple[int, Citation]]:
    """Number publications as a list of references does."""
    return list(enumerate(citations, start=1))
