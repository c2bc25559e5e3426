"""/dcgm/metrics as dcgm-exporter prints it and AIPerf reads it."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from fakeai.core.stats import GpuStats
from fakeai.telemetry.dcgm import Chips, DcgmPage
from fakeai_api.metrics import PROFILES
from tests.unit.telemetry.records import gpu, registry

pytestmark = [pytest.mark.unit, pytest.mark.metrics]

LINE = re.compile(
    r'[A-Z0-9_]+\{gpu="\d+",UUID="GPU-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",'
    r'pci_bus_id="[0-9A-F]{8}:[0-9A-F]{2}:00\.0",device="nvidia\d+",modelName="[^"]+",'
    r'Hostname="node-1",DCGM_FI_DRIVER_VERSION="570\.1"(?:,err_code="\d+",err_msg="[^"]*")?\} [0-9.e+-]+'
)
AIPERF_READS = (
    *("POWER_USAGE", "TOTAL_ENERGY_CONSUMPTION", "GPU_UTIL", "MEM_COPY_UTIL", "FB_USED", "GPU_TEMP", "ENC_UTIL"),
    *("DEC_UTIL", "XID_ERRORS", "POWER_VIOLATION"),
)


class Node:
    """Its clock stands still but for `wait`."""

    def __init__(self, *gpus: GpuStats, fields: str = "dcgm@4.5+extended", **options: Any) -> None:
        self.now_s = 1000.0
        found = registry(gpus=gpus, now=lambda: self.now_s)
        settings: dict[str, Any] = {"hostname_label": "Hostname", "interval_s": 0.0} | options
        self.page = DcgmPage(Chips(found, 7, "node-1", "570.1"), PROFILES[fields], **settings)

    def values(self, name: str) -> list[float]:
        """Prometheus' parser adds _total to counters, and AIPerf takes it off again."""
        families = text_string_to_metric_families(self.page.text())
        return [
            sample.value
            for family in families
            for sample in family.samples
            if sample.name.removesuffix("_total") == name
        ]


def test_lines_have_the_form_of_the_exporter() -> None:
    lines = Node(gpu(), gpu(index=9, last_xid=48)).page.text().splitlines()
    assert [line for line in lines if not line.startswith("# ") and not LINE.fullmatch(line)] == []
    kinds = dict(line.split()[2:4] for line in lines if line.startswith("# TYPE"))
    assert kinds["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"] == "counter"
    assert kinds["DCGM_FI_DEV_XID_ERRORS"] == kinds["DCGM_FI_PROF_DRAM_ACTIVE"] == "gauge"


def test_aiperf_finds_what_it_reads() -> None:
    node = Node(gpu())
    assert [name for name in AIPERF_READS if not node.values(f"DCGM_FI_DEV_{name}")] == []
    assert node.values("DCGM_FI_PROF_SM_ACTIVE") == [0]
    assert Node(gpu(), fields="dcgm@4.5").values("DCGM_FI_PROF_SM_ACTIVE") == []


def test_units() -> None:
    chip = gpu(power_w=612.5, energy_j=1234.5678, utilization=0.996, tensor_active=0.25, dram_active=0.5)
    chip.power_violation_s, chip.temperature_c, chip.sm_clock_mhz = 1.5, 61.9, 1980.0
    node = Node(chip)
    assert node.values("DCGM_FI_DEV_POWER_USAGE") == [612.5]
    assert node.values("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION") == [1_234_567]
    assert node.values("DCGM_FI_DEV_GPU_UTIL") == [100]
    assert node.values("DCGM_FI_DEV_MEM_COPY_UTIL") == [50]
    assert node.values("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE") == [0.25]
    assert node.values("DCGM_FI_DEV_POWER_VIOLATION") == [1_500_000_000]
    assert node.values("DCGM_FI_DEV_GPU_TEMP") == [61]


@given(st.floats(0, 80e9), st.floats(0, 1e9))
def test_the_framebuffer_is_free_used_and_reserved(used: float, reserved: float) -> None:
    node = Node(gpu(mem_total_bytes=81559 * 2**20, mem_used_bytes=used, mem_reserved_bytes=reserved))
    parts = [node.values(f"DCGM_FI_DEV_FB_{part}")[0] for part in ("FREE", "USED", "RESERVED")]
    assert sum(parts) == node.values("DCGM_FI_DEV_FB_TOTAL")[0] == 81559


@given(st.lists(st.tuples(st.floats(0.1, 5), st.floats(0, 1000)), min_size=1, max_size=8))
def test_energy_is_the_integral_of_power(stretches: list[tuple[float, float]]) -> None:
    chip = gpu()
    node = Node(chip)
    expected_mj = 0.0
    for seconds, watts in stretches:
        chip.power_w, chip.energy_j = watts, chip.energy_j + watts * seconds
        expected_mj += seconds * 1000 * node.values("DCGM_FI_DEV_POWER_USAGE")[0]
        assert node.values("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")[0] == pytest.approx(expected_mj, abs=1)


def test_the_last_xid_is_told_and_a_lost_chip_is_gone() -> None:
    chip = gpu(last_xid=48)
    node = Node(chip, gpu(index=1))
    assert node.values("DCGM_FI_DEV_XID_ERRORS") == [48, 0]
    assert 'err_code="48",err_msg="Double-bit ECC error"' in node.page.text()
    chip.last_xid = 79
    assert 'gpu="0"' not in node.page.text()
    assert node.values("DCGM_FI_DEV_POWER_USAGE") == [0]


def test_other_vendors_have_other_exporters() -> None:
    assert Node(gpu(vendor="amd", name="AMD Instinct MI300X")).page.text() == ""


def test_rates_are_bytes_over_time_however_often_one_looks() -> None:
    chip = gpu()
    node = Node(chip)
    assert node.values("DCGM_FI_PROF_PCIE_TX_BYTES") == [0]
    chip.host_sent_bytes, node.now_s = 500.0, 1000.5
    assert node.values("DCGM_FI_PROF_PCIE_TX_BYTES") == [0]
    chip.host_sent_bytes, node.now_s = 3000.0, 1002.0
    assert node.values("DCGM_FI_PROF_PCIE_TX_BYTES") == [1500]
    assert node.values("DCGM_FI_PROF_PCIE_TX_BYTES") == [1500]


def test_the_next_release_writes_hostname() -> None:
    text = Node(gpu(), hostname_label="hostname").page.text()
    assert 'hostname="node-1"' in text
    assert "Hostname" not in text


def test_a_page_stays_for_the_interval() -> None:
    chip = gpu(power_w=100.0)
    node = Node(chip, interval_s=30.0)
    assert node.values("DCGM_FI_DEV_POWER_USAGE") == [100]
    chip.power_w, node.now_s = 200.0, 1029.0
    assert node.values("DCGM_FI_DEV_POWER_USAGE") == [100]
    node.now_s = 1030.0
    assert node.values("DCGM_FI_DEV_POWER_USAGE") == [200]


def test_chips_are_the_same_in_every_process_and_all_different() -> None:
    chips = [gpu(index=index) for index in range(20)]
    keys = [key for key, _ in Chips(registry(gpus=tuple(chips)), 7, "h", "d").members()]
    assert len({key.uuid for key in keys}) == len({key.pci_bus_id for key in keys}) == 20
    assert keys == [key for key, _ in Chips(registry(gpus=tuple(chips)), 7, "h", "d").members()]
    assert keys != [key for key, _ in Chips(registry(gpus=tuple(chips)), 8, "h", "d").members()]
