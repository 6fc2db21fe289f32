<?php
/**
 * A source, a page of the menu, a route and a preset are one file each, as docs/adding.md has them: nothing else
 * has to name them.
 */

final class One_File_Test extends Network_Test_Case {

	/**
	 * What was put into this network's copy of the plugin.
	 *
	 * @var list<string>
	 */
	private array $files = array();

	protected function tearDown(): void {
		array_map( 'unlink', $this->files );
		parent::tearDown();
	}

	public function test_every_folder_is_said(): void {
		preg_match_all( '/^\| `([\w-]+)` \| \S/m', file_get_contents( dirname( __DIR__, 2 ) . '/docs/adding.md' ), $said );
		$this->assertSame( array_map( 'basename', glob( WP_PLUGIN_DIR . '/network-webhooks/includes/*', GLOB_ONLYDIR ) ), $said[1] );
	}

	public function test_a_page(): void {
		$this->put( 'A page', 'admin' );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks-hello' );
		$this->assertSame( 200, $admin->status );
		$this->assert_sees( 'Hello, network', $admin );
		$this->assertContains( 'Hello', $admin->values( '//*[@id="toplevel_page_network-webhooks"]//a' ) );
		$this->assertSame( array( 'What this page is for.' ), $admin->values( '//*[@id="contextual-help-wrap"]//*[@id="tab-panel-network-webhooks-hello"]' ) );
		$this->assertCount( 1, $admin->values( '//link[@id="network-webhooks-css"]' ) );
		$viewer = $this->make_user();
		wp_set_password( 'of the viewer', $viewer->ID );
		$browser = new Browser( $viewer->user_login, 'of the viewer' );
		$browser->get( '/wp-admin/network/admin.php?page=network-webhooks-hello' );
		$this->assertNotSame( 200, $browser->status );
	}

	public function test_a_route(): void {
		$this->put( 'Routes', 'rest' );
		$asked = json_decode( $this->run_process( __DIR__ . '/processes/one-file.php', array( 'route' ) ), true );
		$this->assertSame( array( 401, array( 200, array( 'hello' => 'you' ) ) ), $asked );
	}

	public function test_a_source(): void {
		$this->put( 'A source', 'sources' );
		$found = json_decode( $this->run_process( __DIR__ . '/processes/one-file.php', array( 'source' ) ), true );
		$this->assertSame( array( 'hello_said' ), $found['hooks'] );
		$this->assertStringContainsString( 'Source_Hello', $found['list'] );
		$this->assertSame( 'greeting_received', $found['event'] );
	}

	public function test_a_preset(): void {
		$this->put( 'A preset', 'presets' );
		$form = new Webhook_Form( new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) ) );
		$form->open_new()->post( array( 'service' => 'hello' ), 'choose_service' );
		$form->post( array( 'name' => 'Hello', 'events' => array( 'payment_received' ), 'service_hello_key' => 'abc' ) );
		$all = $this->plugin()->webhooks()->all();
		$this->assertStringStartsWith( 'https://api.hello.example/people/{{ data|path("', reset( $all )->url );
		$this->assertSame( array( array( 'name' => 'Authorization', 'value' => 'Bearer abc' ) ), reset( $all )->setting( 'headers' ) );
	}

	/**
	 * Puts an example of docs/adding.md into the plugin.
	 */
	private function put( string $heading, string $folder ): void {
		preg_match( "/^## $heading\$.*?^```php\n(.*?)^```\$/ms", file_get_contents( dirname( __DIR__, 2 ) . '/docs/adding.md' ), $example );
		$this->assertNotEmpty( $example, $heading );
		preg_match( '/class (\w+)/', $example[1], $name );
		$file = WP_PLUGIN_DIR . "/network-webhooks/includes/$folder/class-" . strtolower( strtr( $name[1], '_', '-' ) ) . '.php';
		$this->assertFileDoesNotExist( $file );
		file_put_contents( $file, $example[1] );
		$this->files[] = $file;
	}
}
