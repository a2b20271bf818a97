"""Projects drawn at random, for the laws of the project file."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from napari_hipspine.domain.anatomy import (
    Region,
    Side,
    Structure,
    core_muscles,
    find_level,
    find_muscle,
    vocabulary,
)
from napari_hipspine.domain.level_plan import LevelPlacement, LevelPlan, MillimetresAround, NearestSlice, SlicesAround
from napari_hipspine.domain.protocol import FatMethod, MeasurementProtocol, RoiRule
from napari_hipspine.domain.threshold_review import ThresholdReview
from napari_hipspine.domain.volume import Contrast, FatPolarity
from napari_hipspine.keeping.project import (
    KeptLabels,
    KeptProgress,
    KeptSeries,
    KeptSubject,
    KeptView,
    KeptWords,
    Project,
)

HOME = Path("/study/of ours")
WORDS = st.text(max_size=8)
NAMES = st.text("aZäß0 _-'", min_size=1, max_size=8).filter(lambda name: name.strip(" .") == name)
PATHS = st.builds(
    lambda root, parts: Path(root, *parts),
    st.sampled_from([HOME, HOME / "derivatives", Path("/elsewhere")]),
    st.lists(NAMES, min_size=1, max_size=3),
)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
MUSCLES = st.sampled_from([muscle.id for muscle in core_muscles()]).map(find_muscle)
STRUCTURES = st.builds(Structure, MUSCLES, st.sampled_from(Side))
WINDOWS = st.one_of(
    st.just(NearestSlice()),
    st.builds(SlicesAround, st.integers(0, 9).map(lambda n: 2 * n + 1)),
    st.builds(MillimetresAround, st.floats(0.1, 100)),
)
PLACEMENTS = st.builds(
    LevelPlacement,
    st.sampled_from([term.id for term in vocabulary().of_kind("level")]).map(find_level),
    NUMBERS,
    st.sampled_from([term.id for term in vocabulary().of_kind("slice_position")]),
    st.none() | MUSCLES,
    st.booleans(),
)
PLANS = st.builds(
    LevelPlan,
    st.lists(PLACEMENTS, max_size=3, unique_by=lambda one: (one.level.id, one.muscle and one.muscle.id)).map(tuple),
    WINDOWS,
)
PROTOCOLS = st.builds(
    MeasurementProtocol,
    fat_method=st.sampled_from(FatMethod),
    manual_threshold=NUMBERS,
    erosion_mm=st.floats(0, 20),
    roi_rule=st.sampled_from(RoiRule),
    min_pixels=st.integers(1, 500),
)
LABELS = st.builds(KeptLabels, PATHS, st.none() | NAMES | PATHS, st.none() | WORDS, st.booleans(), st.none() | WORDS)
PICTURES = st.one_of(
    st.fixed_dictionaries({"image": PATHS}),
    st.fixed_dictionaries({"water": PATHS, "fat": PATHS}),
    st.fixed_dictionaries({"fat_fraction": PATHS}),
)
SERIES = st.builds(
    KeptSeries,
    PICTURES,
    st.dictionaries(st.sampled_from(["image", "water"]), st.integers(-1, 10**12)),
    st.none() | st.sampled_from(Region),
    st.builds(
        KeptWords,
        st.none() | WORDS,
        st.none() | st.sampled_from(Contrast),
        st.none() | st.sampled_from(FatPolarity),
        st.booleans(),
        st.booleans(),
        st.none() | WORDS,
    ),
    st.none() | LABELS,
    st.none() | PATHS,
    PLANS,
    st.none() | PROTOCOLS,
    st.builds(
        ThresholdReview,
        st.dictionaries(st.sampled_from([muscle.id for muscle in core_muscles()]), NUMBERS, max_size=2),
        st.booleans(),
    ),
    st.builds(
        KeptView,
        st.none() | st.integers(0, 500),
        st.none() | STRUCTURES,
        st.none() | st.tuples(NUMBERS, NUMBERS),
        st.lists(STRUCTURES, max_size=2).map(tuple),
    ),
    st.builds(KeptProgress, st.integers(0, 50), st.integers(0, 50), WORDS, WORDS),
    st.none() | PATHS,
)
SUBJECTS = st.builds(KeptSubject, WORDS, WORDS, WORDS, st.lists(SERIES, max_size=2).map(tuple), st.integers(0, 3))
PROJECTS = st.builds(
    Project,
    WORDS,
    st.none() | PATHS,
    st.lists(SUBJECTS, max_size=3, unique_by=lambda one: one.key).map(tuple),
    st.none() | st.tuples(WORDS, WORDS),
)
