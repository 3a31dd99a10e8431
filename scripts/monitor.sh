#!/bin/sh
# Starts Prometheus with our scrape configuration and rules, and Grafana with our dashboards where it
# is installed, until Ctrl-C. Campaigns announce themselves below $MOLSTEER_MONITOR_DIR/targets.
set -eu

here=$(cd "$(dirname "$0")/../deploy/monitoring" && pwd)
folder=${MOLSTEER_MONITOR_DIR:-$PWD/monitor}
listen=${MOLSTEER_PROMETHEUS:-127.0.0.1:9090}

if ! command -v prometheus >/dev/null; then
    echo "prometheus is not installed. Debian and Ubuntu have it: apt-get install prometheus" >&2
    exit 2
fi
mkdir -p "$folder/targets"
cp "$here/prometheus.yml" "$folder/"
cp -r "$here/rules" "$folder/"
promtool check config "$folder/prometheus.yml" >/dev/null

grafana=
if command -v grafana-server >/dev/null; then
    home=${GRAFANA_HOME:-/usr/share/grafana}
    MOLSTEER_DASHBOARDS="$here/grafana/dashboards" GF_PATHS_DATA="$folder/grafana" \
        GF_PATHS_PROVISIONING="$here/grafana/provisioning" GF_SERVER_HTTP_ADDR=127.0.0.1 \
        grafana-server --homepath "$home" >"$folder/grafana.log" 2>&1 &
    grafana=$!
    echo "Grafana: http://127.0.0.1:3000"
else
    echo "Grafana is not installed; its dashboards are in $here/grafana." >&2
fi
trap 'test -z "$grafana" || kill "$grafana"; kill "$prometheus"; wait' EXIT INT TERM
prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/data" \
    --web.listen-address="$listen" >"$folder/prometheus.log" 2>&1 &
prometheus=$!
echo "Prometheus: http://$listen"
echo "Campaigns are seen that run with --metrics-port 0 --metrics-targets-dir $folder/targets"
wait "$prometheus"
