"""How a data set is split into what is learned and what is tested, and what leaks from one into the other."""

from __future__ import annotations

import streamlit as st

from components import figures
from components.failures import show
from components.finetune.reading import Read
from components.house import House
from services.errors import AppError
from services.tuning.incoming import to_jsonl
from services.tuning.splitting import Leak, leaks
from services.tuning.store import MAX_SEED, MAX_SHARE

MOST_SHOWN = 50


def draw(house: House, found: Read) -> None:
    """Draw the share, the seed, and the leaks."""
    data_set, parted = found.data_set, found.split
    st.markdown(
        "What a model has learned can only be judged on questions it did not learn. So a part is kept back: it is not trained on, "
        "only tested with. Lines that ask the same stay together."
    )
    with (
        st.form(f"split-{data_set.id}-{data_set.revision}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        share = st.slider(
            "Kept back (%)",
            0,
            round(MAX_SHARE * 100),
            round(data_set.validation_share * 100),
            5,
            width=260,
        )
        seed = st.number_input(
            "Seed",
            0,
            MAX_SEED,
            data_set.seed,
            width=160,
            help="The same seed splits in the same way, always.",
        )
        if st.form_submit_button("Split so", icon=":material/call_split:"):
            try:
                house.data_sets.set_split(data_set.id, int(seed), share / 100)
            except AppError as error:
                show(error)
                return
            st.rerun()
    total = len(found.report.examples)
    if total:
        st.progress(
            len(parted.training) / total,
            f"{figures.counted(len(parted.training), 'example')} to train on, {len(parted.validation):,} to test with",
        )
    _draw_leaks(leaks(parted.training, parted.validation))
    with st.container(horizontal=True):
        for side, examples in (("training", parted.training), ("validation", parted.validation)):
            st.download_button(
                f"The {side} file",
                to_jsonl([line.text for line in examples]),
                f"{side}.jsonl",
                "application/jsonl",
                icon=":material/download:",
                on_click="ignore",
                disabled=not examples,
                key=f"download-{side}",
            )


def _draw_leaks(found: list[Leak]) -> None:
    if not found:
        st.success("No question stands on both sides.", icon=":material/check:")
        return
    st.warning(
        f"{figures.counted(len(found), 'question')} of the test stand in training too, word for word or nearly. A good score "
        "on them proves nothing: change or take out one of the two lines.",
        icon=":material/content_copy:",
    )
    st.dataframe(
        [
            {"Tested on line": one.validation, "Learned on line": one.training, "Alike": f"{one.alike:.0%}"}
            for one in found[:MOST_SHOWN]
        ],
        hide_index=True,
    )
