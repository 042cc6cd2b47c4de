"""Every notebook runs from its first cell to its last, on a small world, and defines nothing of its own."""

import os
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from antifraud.simulator import load_config, simulate

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A history of 1,500 fictional accounts over two months."""
    folder = tmp_path_factory.mktemp("world")
    simulate(load_config(), 1_500, 60, 1, folder)
    return folder


@pytest.mark.filterwarnings("ignore")  # of the kernel's own machinery
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end(path, world):
    notebook = nbformat.read(path, 4)
    environment = os.environ | {"ANTIFRAUD_NOTEBOOK_HISTORY": str(world), "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = str(FOLDER.parent)
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}})
    client.execute(env=environment)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_with_prose_defines_nothing_and_names_no_place(path):
    notebook = nbformat.read(path, 4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert notebook.cells[0].cell_type == "markdown"
    assert not [line for source in code for line in source.splitlines() if line.startswith(("def ", "class "))]
    assert all(cell.outputs or cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    here = (str(FOLDER.parent), str(Path.home()), tempfile.gettempdir() + os.sep)
    assert not [place for place in here if len(place) > 1 and place in path.read_text("utf-8")]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 4
