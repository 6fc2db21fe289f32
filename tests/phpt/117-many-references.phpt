--TEST--
webhooks_configure(): thousands of webhooks that share one large value took 750 MB, or were told of max_payload
--INI--
webhooks.spool={TMP}/webhooks-117
webhooks.autostart=0
memory_limit=256M
--FILE--
<?php
require __DIR__ . '/spool.inc';
spool();

$large = array(
	'template' => str_repeat( 'x', 50000 ),
	'name'     => str_repeat( 'n', 1 << 20 ),
	'headers'  => array_fill( 0, 50, str_repeat( 'v', 8000 ) ),
	'unknown'  => array_fill( 0, 1000, str_repeat( 'v', 8000 ) ),
	'events'   => array_fill( 0, 100000, 'payment_received' ),
);
foreach ( $large as $field => $value ) {
	$webhooks = array();
	for ( $number = 0; $number < 5000; $number++ ) {
		$webhooks[] = array( 'id' => "whk_$number", 'url' => 'https://example.com/', 'events' => array( 'a' ), 'signature' => 'none', $field => $value );
	}
	try {
		webhooks_configure( $webhooks, 1 );
		echo "$field: published\n";
	} catch ( Webhooks\Exception $error ) {
		echo "$field: ", $error->getMessage(), "\n";
	}
}
preg_match( '/VmHWM:\s*(\d+) kB/', file_get_contents( '/proc/self/status' ), $peak );
echo $peak[1] < 200 << 10 ? 'little memory' : "{$peak[1]} kB", "\n";

// Many that are usual fit.
$webhooks = array();
for ( $number = 0; $number < 50000; $number++ ) {
	$webhooks[] = array( 'id' => "whk_$number", 'name' => "The CRM of site $number", 'url' => "https://crm.example.com/hooks/$number", 'events' => array( 'payment_*', 'account_created' ), 'secrets' => array( array( 'secret' => 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' ) ) );
}
webhooks_configure( $webhooks, 2 );
echo webhooks_revision(), "\n";
?>
--EXPECT--
template: the webhooks have more than 67108864 bytes of JSON, which is the most: shorten their templates, or delete those that nobody needs
name: the webhooks have more than 67108864 bytes of JSON, which is the most: shorten their templates, or delete those that nobody needs
headers: the webhooks have more than 67108864 bytes of JSON, which is the most: shorten their templates, or delete those that nobody needs
unknown: the webhooks have more than 67108864 bytes of JSON, which is the most: shorten their templates, or delete those that nobody needs
events: the webhooks have more than 67108864 bytes of JSON, which is the most: shorten their templates, or delete those that nobody needs
little memory
2
