#!/bin/sh
# Fuzzes each reader for some seconds, guided by coverage, and tells how many inputs it took.
# What breaks one is written to a file NAME-crash-... in this folder; the exit status is 1 then.
seconds=${1:?usage: scripts/fuzz.sh SECONDS [READER...]}
shift
python=.venv/bin/python
harness=tests/fuzz/harness.py
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
for reader in ${*:-$($python $harness 2>"$log")}; do
    if $python $harness "$reader" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 \
        -print_final_stats=1 >"$log" 2>&1; then
        verdict=fine
    else
        verdict=BROKEN
        status=1
        grep -v '^#\|^INFO\|NEW_FUNC' "$log" | tail -n 40
    fi
    printf '%-20s %10s inputs  %s\n' "$reader" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$verdict"
done
exit $status
