"""What the bars and floors are about: each quantity's benchmark and counter, and the bars themselves.

A quantity is a ratio taken in one run on one core, never a time.
"""
import dataclasses
import fnmatch

# The kernel of ours; on a processor without it the rows are skipped.
RSA_KERNEL = "avx512ifma"


@dataclasses.dataclass(frozen=True)
class Quantity:
    name: str
    program: str
    rows: str                # name of the benchmark, or a pattern: then the worst of them counts
    counter: str
    op: str                  # what a good value does: ">=" or "<="
    needs: str = ""          # flags of /proc/cpuinfo, without which it is not measured

    def measurable(self, flags):
        return set(self.needs.split()) <= flags

    def named_by(self, row):
        return fnmatch.fnmatchcase(row.name, self.rows)

    def value(self, rows):
        """The worst median among the rows, or None where none of them has the counter."""
        medians = [row.median(self.counter) for row in rows.values()
                   if self.named_by(row) and self.counter in row.values]
        if not medians:
            return None
        return min(medians) if self.op == ">=" else max(medians)

    def skipped(self, rows):
        """Whether the processor lacks what every one of the rows needs."""
        named = [row for row in rows.values() if self.named_by(row)]
        return bool(named) and all(row.skipped for row in named)


def _of(name, program, rows, counter, op=">=", needs=RSA_KERNEL):
    return Quantity(name, program, rows, counter, op, needs)


QUANTITIES = {quantity.name: quantity for quantity in (
    _of("rsa_kernel_2048", "rsa", f"BM_RsaKernel/{RSA_KERNEL}/2048", "x_evp"),
    _of("rsa_kernel_3072", "rsa", f"BM_RsaKernel/{RSA_KERNEL}/3072", "x_evp"),
    _of("rsa_kernel_4096", "rsa", f"BM_RsaKernel/{RSA_KERNEL}/4096", "x_evp"),
    _of("rsa_madd_use", "rsa", f"BM_RsaKernel/{RSA_KERNEL}/2048", "madd_use"),
    _of("rsa_batch_of_one", "rsa", f"BM_RsaBatch/{RSA_KERNEL}/2048/1/1", "x_evp"),
    _of("rsa_batch_of_eight_keys", "rsa", f"BM_RsaBatch/{RSA_KERNEL}/2048/8/8", "x_evp"),
    _of("rsa_worst_fill", "rsa", f"BM_RsaBatch/{RSA_KERNEL}/*", "x_evp"),
    _of("decide_16", "decide", "BM_Decide/chosen/valid/1/16", "x_oneshot"),
    _of("decide_16_of_100_keys", "decide", "BM_Decide/chosen/valid/100/16", "x_oneshot"),
    _of("decide_without_rsa", "decide", "BM_DecideWithoutRsa/1/16", "of_evp_verify", "<="),
    _of("decide_remembered", "decide", "BM_DecideRemembered/1/16", "x_naive", needs=""),
    _of("decide_portable_to_naive", "decide", "BM_Decide/portable/valid/1/16", "x_naive", needs=""),
    _of("decide_portable_to_evp", "decide", "BM_Decide/portable/valid/1/16", "x_evp", needs=""),
    _of("decide_allocations", "decide", "BM_Decide*", "allocations", "<=", needs=""),
    _of("base64url_avx512vbmi_700", "base64url", "BM_Base64url/avx512vbmi/700", "x_table", needs="avx512vbmi"),
    _of("base64url_avx2_700", "base64url", "BM_Base64url/avx2/700", "x_table", needs="avx2"),
    _of("base64url_portable_700", "base64url", "BM_Base64url/portable/700", "x_table", needs=""),
    _of("sha256_16_messages", "digest", "BM_Sha256/avx512/16/543", "x_evp", needs="avx512bw sha_ni"),
    _of("claims_to_dom", "claims", "BM_ReadClaims", "x_dom", needs=""),
)}

# Quantity and threshold, in the order they are printed.
BARS = (
    ("rsa_kernel_2048", 9.2),
    ("rsa_kernel_3072", 8.8),
    ("rsa_kernel_4096", 8.8),
    ("rsa_madd_use", 0.90),
    ("rsa_batch_of_one", 1.2),
    ("rsa_worst_fill", 1.0),
    ("decide_16", 8.5),
    ("decide_without_rsa", 0.031),
    ("decide_remembered", 60.0),
    ("decide_portable_to_naive", 1.1),
    ("decide_portable_to_evp", 0.97),
    ("decide_allocations", 0.0),
)


def meets(value, op, threshold):
    return value >= threshold if op == ">=" else value <= threshold


def bar_of(rows, name, threshold):
    """One bar as the JSON report has it.

    result   ok, short, skipped where the processor lacks something, missing where no benchmark told
    """
    quantity = QUANTITIES[name]
    value = quantity.value(rows)
    if value is None:
        result = "skipped" if quantity.skipped(rows) else "missing"
    else:
        result = "ok" if meets(value, quantity.op, threshold) else "short"
    return {"name": name, "value": value, "op": quantity.op, "threshold": threshold, "result": result}


def bar_line(bar):
    value = "-" if bar["value"] is None else f"{bar['value']:.4g}"
    return f"bar {bar['name']} {value} {bar['op']} {bar['threshold']:g} {bar['result']}"
