<?php
/**
 * A test of pages, as the administrator sees them, with an endpoint for what they send.
 */

abstract class Admin_Pages_Test_Case extends Network_Test_Case {

	protected static ?Browser $admin     = null;
	protected static ?Endpoint $endpoint = null;

	public static function setUpBeforeClass(): void {
		self::$admin    = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		self::$endpoint = new Endpoint();
	}

	public static function tearDownAfterClass(): void {
		self::$endpoint->remove();
	}
}
