--TEST--
A log in the network's own database: told by the process, or as it was published; no password is repeated
--INI--
webhooks.spool={TMP}/webhooks-604
webhooks.store="mysql:"
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/mariadb.inc';
$spool = spool();
$socket = mariadb();
sql(dirname($socket), "CREATE DATABASE network; CREATE USER wp IDENTIFIED BY 'hunter2'; GRANT ALL ON network.* TO wp");
$database = ['host' => "localhost:$socket", 'user' => 'wp', 'password' => 'hunter2', 'name' => 'network', 'prefix' => 'wp_'];

// Nobody said which it is.
thrown(fn () => webhooks_deliveries());

// What no server could take is told by its name alone.
foreach ([['name' => ''], ['user' => 5], ['password' => ['hunter2']], ['flags' => 'hunter2'], ['ca' => 'hunter2.pem'], ['port' => 'hunter2'], ['password' => str_repeat('x', 2000)]] as $wrong) {
    thrown(fn () => webhooks_database($wrong + $database));
}
thrown(fn () => webhooks_database(['hunter2']));

// Told by this process: it has a connection, and no worker has made the tables yet.
webhooks_database($database);
echo json_encode([webhooks_deliveries(), webhooks_count(), webhooks_announcements()]), "\n";
echo json_encode(webhooks_status()['store']), "\n";

// A child has a connection of its own, and its end is not that of this process's.
$connections = fn () => (int) preg_replace('/\D/', '', sql(dirname($socket), "SHOW GLOBAL STATUS LIKE 'Connections'"));
$version = count(glob(dirname(__DIR__, 2) . '/src/store/mysql/*.sql'));
sql(dirname($socket), "USE network; CREATE TABLE fork_webhooks_store_schema (one INT PRIMARY KEY, version INT); INSERT INTO fork_webhooks_store_schema VALUES (1, $version); CREATE TABLE fork_webhooks_store_announcements (number BIGINT PRIMARY KEY, code VARCHAR(64), at BIGINT, params TEXT)");
webhooks_database(['prefix' => 'fork_'] + $database);
$told = [webhooks_announcements()];
$before = $connections();
if (!$child = pcntl_fork()) {
    exit(webhooks_announcements() === [] ? 0 : 1);
}
pcntl_waitpid($child, $status);
$told[] = webhooks_announcements();
echo json_encode([$told, pcntl_wexitstatus($status), $connections() - $before]), "\n";
webhooks_database($database);

// As it was published, for who may read it.
publish(['a' => ['*']], 1, ['database' => $database]);
var_dump(fileperms("$spool/config.json") & 0777, str_contains(file_get_contents("$spool/config.json"), 'hunter2'));
var_dump(str_contains(file_get_contents("$spool/subscriptions.json"), 'hunter2'), webhooks_revision());
// Of another one the worker was not told yet.
webhooks_database(['password' => 'hunter3'] + $database);
var_dump(webhooks_revision());
thrown(fn () => webhooks_deliveries());
webhooks_database($database);
var_dump(webhooks_revision(), webhooks_count());

// Away: said at once from the second time on, and the status has a sentence for it.
stop_mariadb($mariadb);
webhooks_database(['prefix' => 'other_'] + $database);
thrown(fn () => webhooks_count());
$begun = microtime(true);
foreach (range(1, 20) as $_) {
    try {
        webhooks_count();
    } catch (Webhooks\Exception) {
    }
}
var_dump(microtime(true) - $begun < 0.5 * patience());
$problems = array_column(webhooks_status()['problems'], 'message', 'code');
var_dump(str_contains($problems['store_away'] ?? '', "can't be reached"), str_contains(json_encode(webhooks_status()), 'hunter'));

// An address that has a typo, and a password where none may be.
foreach (['mysql:network', 'mysql://wp:hunter2@db/network', 'mysqls://wp:hunter2@db/network', 'mysql://wp@db/network?password=hunter2'] as $address) {
    $status = [PHP_BINARY, '-n', '-d', 'extension=' . getenv('WEBHOOKS_EXTENSION'), '-d', "webhooks.spool=$spool", '-d', "webhooks.store=\"$address\"", '-d', 'webhooks.autostart=0', '-r', 'echo json_encode([webhooks_status()["store"]["url"], array_column(webhooks_status()["problems"], "message", "code")["store"]], JSON_UNESCAPED_SLASHES);'];
    $process = proc_open($status, [['file', '/dev/null', 'r'], ['pipe', 'w'], STDERR], $pipes);
    echo stream_get_contents($pipes[1]), "\n";
    proc_close($process);
}
--EXPECT--
Webhooks\Exception: webhooks.store: "mysql:" is the network's own database, and {TMP}/webhooks-604/config.json does not name it yet: save any webhook in Network Admin, which publishes it with WordPress's credentials
Webhooks\Exception: name: expected the database's name (DB_NAME)
Webhooks\Exception: user: expected a string
Webhooks\Exception: password: expected a string
Webhooks\Exception: flags: expected int
Webhooks\Exception: ca: expected an absolute path
Webhooks\Exception: port: expected one of `host`, `user`, `password`, `name`, `prefix`, `flags`, `ca`, `default_socket`
Webhooks\Exception: password: expected at most 1,024 bytes
Webhooks\Exception: expected names as keys, got the number 0
[{"deliveries":[],"cursor":null},0,[]]
{"url":"mysql:","size":0,"schema":null,"announcements":0,"workers":[]}
[[[],[]],0,2]
int(384)
bool(true)
bool(false)
int(1)
int(0)
Webhooks\Exception: connecting to the store: Access denied for user 'wp'@'localhost' (using password: YES) (error 1045) (mysql://localhost:{TMP}/mariadb/s.sock/network). The user or its password is wrong, or it may not come from this host
int(1)
int(0)
Webhooks\Exception: mysql://localhost:{TMP}/mariadb/s.sock/network can't be reached: Could not connect to address `{TMP}/mariadb/s.sock': Connection refused (os error 111)
bool(true)
bool(true)
bool(false)
["mysql:network","webhooks.store: expected \"mysql:\" alone (the network's own database) or mysql://user@host:port/database"]
["mysql://db/network","webhooks.store: php.ini is no place for a password: put it into a file and name that, as in ?password_file=/etc/webhooks/password"]
["mysqls://db/network","\"mysqls://db/network\" is no store: expected sqlite:/path/of/a/file (empty: store.sqlite in the spool), or mysql: (the network's own database)"]
["mysql://db/network","webhooks.store: there is no option \"password\": expected prefix, password_file, socket, tls, ca, connect_timeout, read_timeout or reads"]
