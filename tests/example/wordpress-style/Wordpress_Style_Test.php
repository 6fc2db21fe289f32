<?php
/**
 * The trait in a test case that does around each test what WordPress's own WP_UnitTestCase does:
 * hooks are put back, the database is rolled back, caches are emptied, and incorrect usage is
 * listened to. WordPress's test suite itself is in no package, so this is made after it.
 */

use Network_Webhooks\Testing\RecordsWebhooks;
use PHPUnit\Framework\AssertionFailedError;
use PHPUnit\Framework\TestCase;

final class Wordpress_Style_Test extends TestCase {

	use RecordsWebhooks;

	/**
	 * For PHPUnit 9 under --process-isolation.
	 *
	 * @var bool
	 */
	protected $preserveGlobalState = false;

	private static array $hooks = array();
	private static int $fixture = 0;
	private array $wrong        = array();

	public static function setUpBeforeClass(): void {
		$GLOBALS['wpdb']->query( 'SET autocommit = 0' );
		self::$fixture = self::make_user();
		$GLOBALS['wpdb']->query( 'COMMIT' );
	}

	public static function tearDownAfterClass(): void {
		wpmu_delete_user( self::$fixture );
		$GLOBALS['wpdb']->query( 'COMMIT' );
	}

	protected function setUp(): void {
		if ( ! self::$hooks ) {
			foreach ( $GLOBALS['wp_filter'] as $name => $hook ) {
				self::$hooks[ $name ] = clone $hook;
			}
		}
		wp_cache_flush();
		$GLOBALS['wpdb']->query( 'START TRANSACTION' );
		add_action(
			'doing_it_wrong_run',
			function ( $function ) {
				$this->wrong[] = $function;
			}
		);
		add_filter( 'doing_it_wrong_trigger_error', '__return_false' );
	}

	protected function tearDown(): void {
		$GLOBALS['wpdb']->query( 'ROLLBACK' );
		$GLOBALS['wp_filter'] = array();
		foreach ( self::$hooks as $name => $hook ) {
			$GLOBALS['wp_filter'][ $name ] = clone $hook;
		}
		wp_set_current_user( 0 );
	}

	public function test_the_fixture_of_a_class_is_no_event_of_a_test(): void {
		$this->assertNotFalse( get_userdata( self::$fixture ) );
		$this->assertNoWebhooks();
	}

	public function test_what_a_factory_makes_is_an_event(): void {
		$user = self::make_user();
		$this->assertWebhookDispatched( 'account_created', array( 'user_id' => $user ) );
	}

	public function test_an_event_can_be_registered_for_one_test(): void {
		add_action(
			'network_webhooks_register_events',
			static fn() => network_webhooks_register_event(
				array(
					'slug'   => 'door_opened',
					'schema' => array( 'required' => array( 'door' ) ),
				)
			)
		);
		do_action( 'network_webhooks_dispatch', 'door_opened', array( 'gate' => 1 ) );
		$message = '';
		try {
			$this->assertWebhookDispatched( 'door_opened' );
		} catch ( AssertionFailedError $failure ) {
			$message = $failure->getMessage();
		}
		$this->assertStringContainsString( 'data.door is missing.', $message );
	}

	public function test_and_is_gone_in_the_next(): void {
		do_action( 'network_webhooks_dispatch', 'door_opened', array( 'gate' => 1 ) );
		$this->assertWebhookDispatchedTimes( 'door_opened', 1 );
	}

	public function test_incorrect_usage_is_listened_to(): void {
		do_action( 'network_webhooks_dispatch', 'door_opened', array( 'gate' => 1 ), array( 'colour' => 'red' ) );
		$this->assertSame( array( 'network_webhooks_dispatch' ), $this->wrong );
		$this->assertWebhookDispatched( 'door_opened', array( 'gate' => 1 ) );
	}

	private static function make_user(): int {
		$login = 'user' . bin2hex( random_bytes( 5 ) );
		return wp_insert_user(
			array(
				'user_login' => $login,
				'user_pass'  => $login,
				'user_email' => "$login@network.example",
			)
		);
	}
}
