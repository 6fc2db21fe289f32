<?php
/**
 * Hosts take away functions that tell of the system (disable_functions), and calling one that is
 * gone ended the request: the Status page, and whatever the log or a throttle was asked in.
 * tests/demo/hardened.sh is the main job under such a PHP.
 */

use Network_Webhooks\Host;

final class Hardened_Host_Test extends Network_Test_Case {

	/** What hosts disable, beside what starts programs. */
	private const OFTEN_DISABLED = '/^(posix_|pcntl_|disk_|proc_|apache_|stream_socket_|socket_|fsockopen$|pfsockopen$|dns_|getmy|gethost|php_uname$|phpinfo$|php_ini_|get_cfg_var$|get_current_user$|getrusage$|getenv$|putenv$|sys_getloadavg$|set_time_limit$|ignore_user_abort$|ini_set$|ini_alter$|ini_restore$|error_log$|syslog$|openlog$|exec$|shell_exec$|system$|passthru$|popen$|dl$|mail$|symlink$|link$|readlink$|chmod$|chown$|chgrp$|lchown$|tempnam$|show_source$|highlight_|parse_ini_file$|curl_|ftp_|eval$)/';

	public function test_only_one_class_asks_the_system(): void {
		$files = 0;
		foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( WP_PLUGIN_DIR . '/network-webhooks', FilesystemIterator::SKIP_DOTS ) ) as $file ) {
			// What serves tests of other plugins runs where these are tested.
			if ( 'php' === $file->getExtension() && ! str_contains( $file->getPathname(), '/testing/' ) ) {
				++$files;
				$this->assertSame( array(), self::called( file_get_contents( $file ) ), $file->getFilename() );
			}
		}
		$this->assertGreaterThan( 100, $files );
	}

	public function test_a_call_is_seen(): void {
		$this->assertSame( array( 'gethostname', 'error_log', 'disk_free_space' ), self::called( '<?php gethostname(); \error_log ( "x" ); $a = @disk_free_space( $b );' ) );
		$this->assertSame( array(), self::called( '<?php $a->link(); A::link( 1 ); function mail() {} function_exists( "exec" ); new Link(); // chmod( $a )' ) );
	}

	public function test_where_the_host_lets_it_the_system_is_known(): void {
		$this->assertSame( (string) posix_geteuid(), Host::user() );
		$this->assertSame( gethostname(), Host::name() );
		list( $free, $total ) = Host::room( '/' );
		$this->assertSame( disk_total_space( '/' ), $total );
		$this->assertLessThanOrEqual( $total, $free );
		$this->assertNull( Host::room( '/nowhere/at/all' ) );
	}

	/**
	 * The functions among these that a source calls.
	 *
	 * @return list<string>
	 */
	private static function called( string $source ): array {
		$tokens = array_values( array_filter( PhpToken::tokenize( $source ), static fn( PhpToken $token ) => ! $token->isIgnorable() ) );
		$called = array();
		foreach ( $tokens as $place => $token ) {
			$before = $tokens[ $place - 1 ] ?? $token;
			if ( $token->is( array( T_STRING, T_NAME_FULLY_QUALIFIED ) ) && '(' === ( $tokens[ $place + 1 ]->text ?? '' )
				&& ! $before->is( array( T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION, T_NEW ) )
				&& preg_match( self::OFTEN_DISABLED, ltrim( $token->text, '\\' ) ) ) {
				$called[] = ltrim( $token->text, '\\' );
			}
		}
		return $called;
	}
}
