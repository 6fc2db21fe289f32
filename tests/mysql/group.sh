#!/usr/bin/env bash
# Three servers on a group of three MySQLs that takes writes at each of them (Group Replication, which InnoDB Cluster
# stands on). All three make the tables at once; under load a node is killed and comes back, then a worker, then
# another node. Nothing is lost, and the group holds together.
#
# MYSQLD: the program of a MySQL (tests/network/mysql.sh); BUILD: where the parts were built (target/release).
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=../network/process.sh
. tests/network/process.sh
mysqld=${MYSQLD:-$(tests/network/mysql.sh)}
build=$PWD/${BUILD:-target/release}
# Seconds of load.
lasts=45

dir=$(mktemp -d /tmp/network-webhooks.XXXXXX)
own=()
clean_up() {
	{
		[ ${#own[@]} = 0 ] || kill -KILL "${own[@]}" || true
		wait
	} 2>/dev/null
	rm -rf "$dir"
}
trap clean_up EXIT

# shellcheck disable=SC2016 # for PHP
free_port() { php -n -r '$s = stream_socket_server("tcp://127.0.0.1:0"); echo explode(":", stream_socket_get_name($s, false))[1];'; }
sql() { mariadb --no-defaults --socket="$dir/node$1/s.sock" --user=root --skip-column-names -e "$2"; }

### The group
members=()
ports=()
for node in 1 2 3; do
	members[node]=127.0.0.1:$(free_port)
	ports[node]=$(free_port)
done
list=$(IFS=, && echo "${members[*]}")
nodes=()
# start_node NODE JOINS: whether it joins the group by itself.
start_node() {
	"$mysqld" --no-defaults --mysqlx=OFF --user="$(id -un)" --datadir="$dir/node$1/data" --socket="$dir/node$1/s.sock" \
		--port="${ports[$1]}" --bind-address=127.0.0.1 --report-host=127.0.0.1 --server-id="$1" --log-bin=bin \
		--gtid-mode=ON --enforce-gtid-consistency=ON --plugin-dir="${mysqld%/*}/root/usr/lib/mysql/plugin" \
		--plugin-load-add=group_replication.so \
		--loose-group_replication_group_name=aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa \
		--loose-group_replication_local_address="${members[$1]}" --loose-group_replication_group_seeds="$list" \
		--loose-group_replication_single_primary_mode=OFF \
		--loose-group_replication_enforce_update_everywhere_checks=ON \
		--loose-group_replication_recovery_get_public_key=ON --loose-group_replication_member_expel_timeout=0 \
		--loose-group_replication_start_on_boot="$2" </dev/null >>"$dir/node$1/log" 2>&1 &
	nodes[$1]=$!
	own+=($!)
	wait_until 60 sql "$1" 'SELECT 1' >/dev/null 2>&1
}
is_whole() {
	[ "$(sql "$1" "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'")" = 3 ]
}
is_broken() {
	grep -hE 'ERROR' "$dir"/node?/log | tail -n 20 >&2
	echo 'The group is not whole.' >&2
	exit 1
}
for node in 1 2 3; do
	mkdir "$dir/node$node"
	"$mysqld" --no-defaults --initialize-insecure --user="$(id -un)" --datadir="$dir/node$node/data" >"$dir/node$node/log" 2>&1
	start_node $node OFF
	sql $node "SET SQL_LOG_BIN = 0; CREATE USER recovery@'%' IDENTIFIED BY 'recovery'; GRANT ALL ON *.* TO recovery@'%';
		CHANGE REPLICATION SOURCE TO SOURCE_USER = 'recovery', SOURCE_PASSWORD = 'recovery'
		FOR CHANNEL 'group_replication_recovery'; RESET BINARY LOGS AND GTIDS"
	if [ $node = 1 ]; then
		sql 1 'SET GLOBAL group_replication_bootstrap_group = ON; START GROUP_REPLICATION;
			SET GLOBAL group_replication_bootstrap_group = OFF; CREATE DATABASE store'
	else
		sql $node 'START GROUP_REPLICATION'
	fi
done
wait_until 60 is_whole 1 || is_broken
echo 'three nodes are a group'

### The servers
"$build/endpoint" --record "$dir/received" >"$dir/url" &
own+=($!)
wait_until 10 test -s "$dir/url"
store() { echo "mysql://root@localhost/store?prefix=wp_&socket=$dir/node$1/s.sock"; }
# on SERVER CODE: PHP with the extension.
on() {
	php -n -d extension="$build/libwebhooks_php.so" -d webhooks.spool="$dir/server$1" -d "webhooks.store=\"$(store "$1")\"" \
		-d webhooks.allow=127.0.0.0/8 -d webhooks.autostart=0 -r "$2"
}
workers=()
start_worker() {
	"$build/webhooks-worker" --foreground --spool "$dir/server$1" --store "$(store "$1")" >>"$dir/worker$1.log" 2>&1 &
	workers[$1]=$!
	own+=($!)
}
url=$(head -n 1 "$dir/url")
for server in 1 2 3; do
	mkdir -m 700 "$dir/server$server"
	# shellcheck disable=SC2016 # for PHP
	URL=$url on $server '$webhook = fn( $id, $event ) => array( "id" => $id, "name" => $id, "url" => getenv( "URL" ) . $id,
		"events" => array( $event ), "signature" => "none" );
		webhooks_configure( array( "webhooks" => array( $webhook( "plain", "plain" ), $webhook( "also", "plain" ),
			$webhook( "ordered", "ordered" ) + array( "ordered" => true ) ) ), 1 );'
done
for server in 1 2 3; do start_worker $server; done

### Load and faults
producers=()
for server in 1 2 3; do
	# shellcheck disable=SC2016 # for PHP
	LASTS=$lasts on $server 'for ( $end = time() + getenv( "LASTS" ); time() < $end; usleep( 20000 ) ) {
		foreach ( array( "plain", "plain", "ordered" ) as $event ) { echo webhooks_dispatch( $event, array() ), "\n"; } }' \
		>"$dir/dispatched$server" &
	producers+=($!)
	own+=($!)
done
# end PID: kills it.
end() {
	{
		kill -KILL "$1"
		wait "$1" || true
	} 2>/dev/null
}
taken_in() { [ "$(sql 3 'SELECT COUNT(*) FROM store.wp_webhooks_store_deliveries WHERE state = 2')" -ge "$1" ]; }
wait_until 60 taken_in 500 2>/dev/null
end "${nodes[2]}"
sleep 5
start_node 2 ON
wait_until 60 is_whole 3 || is_broken
echo 'a node was killed, and is back'
end "${workers[3]}"
start_worker 3
end "${nodes[1]}"
sleep 5
start_node 1 ON
wait_until 60 is_whole 3 || is_broken
echo 'a worker and another node were killed, and are back'
wait "${producers[@]}"

### What came of it
dispatched=$(cat "$dir"/dispatched? | wc -l)
is_over() {
	[ "$(sql 3 'SELECT COUNT(*) FROM store.wp_webhooks_store_events')" = "$dispatched" ] &&
		[ "$(sql 3 'SELECT COUNT(*) FROM store.wp_webhooks_store_deliveries WHERE state <> 2')" = 0 ]
}
wait_until 120 is_over || {
	tail -n 5 "$dir"/worker?.log >&2
	echo "Of $dispatched events there are in the log: $(sql 3 'SELECT COUNT(*) FROM store.wp_webhooks_store_events'), and in states: $(sql 3 'SELECT state, COUNT(*) FROM store.wp_webhooks_store_deliveries GROUP BY state' | tr '\n\t' ' :')" >&2
	exit 1
}
for server in 1 2 3; do kill -0 "${workers[server]}"; done
grep -o 'evt_[0-9a-z]*' "$dir/received" | sort -u >"$dir/ids"
lost=$(sort -u "$dir"/dispatched? | comm -23 - "$dir/ids" | wc -l)
echo "1 group passed, $lost lost of $dispatched events"
[ "$lost" = 0 ]
