<?php
/**
 * docs/guide says what the pages say: every text in bold stands on one of them, every failure has its place, every
 * link leads somewhere, and every field and template is of this world.
 */

use Network_Webhooks\Failure;
use Network_Webhooks\Presets\Presets;

final class Guide_Test extends Network_Test_Case {

	private const FOLDER = __DIR__ . '/../../docs/guide';

	/**
	 * @dataProvider files
	 */
	public function test_what_is_in_bold_stands_on_a_page( string $file ): void {
		$plugin  = Plugin_Texts::of_plugin();
		$names   = array_map( static fn( $preset ) => $preset->name(), Presets::all() );
		$missing = array();
		foreach ( self::bold( $file ) as $text ) {
			if ( ! $plugin->have( $text ) && ! in_array( $text, $names, true ) && ! self::wordpress_has( $text ) ) {
				$missing[] = $text;
			}
		}
		$this->assertSame( array(), $missing, 'Nobody sees this on a page.' );
	}

	/**
	 * @dataProvider files
	 */
	public function test_links_and_pictures_are_there( string $file ): void {
		preg_match_all( '/\]\(([^)\s]+)\)/', self::prose( $file ), $found );
		foreach ( $found[1] as $link ) {
			if ( preg_match( '~^https?://~', $link ) ) {
				continue;
			}
			list( $path, $anchor ) = explode( '#', $link, 2 ) + array( '', '' );
			$target                = self::FOLDER . '/' . ( '' === $path ? $file : $path );
			$this->assertFileExists( $target, $link );
			if ( '' !== $anchor ) {
				$this->assertContains( $anchor, self::anchors( $target ), "There is no such heading: $link" );
			}
		}
		$this->assertNotSame( array(), $found[1] );
	}

	public static function files(): array {
		$files = array_map( 'basename', glob( self::FOLDER . '/*.md' ) );
		return array_combine( $files, array_map( static fn( string $file ) => array( $file ), $files ) );
	}

	public function test_the_index_has_every_page(): void {
		$index = self::prose( 'README.md' );
		foreach ( array_keys( self::files() ) as $file ) {
			$this->assertTrue( 'README.md' === $file || str_contains( $index, "]($file)" ), "$file is not in the index." );
		}
		$this->assertStringContainsString( '](guide/README.md)', file_get_contents( self::FOLDER . '/../README.md' ) );
	}

	/**
	 * @dataProvider messages
	 */
	public function test_whatever_is_wrong_has_its_place( string $text ): void {
		$this->assertContains( $text, self::bold( 'when-something-fails.md' ) );
	}

	/**
	 * What says that something fails, and what to do.
	 */
	public static function messages(): array {
		$texts = Plugin_Texts::in(
			'includes/deliveries/class-failure.php',
			'includes/deliveries/class-status.php',
			'includes/admin/deliveries/class-delivery-state.php'
		);
		// At which part of a request it was needs no explaining.
		$phases = array_map( array( Failure::class, 'phase' ), array( 'prepare', 'resolve', 'connect', 'send_request', 'send_body', 'recv_response', 'recv_body' ) );
		$texts  = array_diff( $texts, $phases );
		// Of the conditions the titles: the sentences come from the server, with its paths.
		foreach ( Plugin_Texts::in( 'includes/announcements/class-health-checks.php' ) as $text ) {
			if ( ! str_contains( $text, '%' ) ) {
				$texts[] = $text;
			}
		}
		return array_map( static fn( string $text ) => array( $text ), array_combine( $texts, $texts ) );
	}

	public function test_there_are_messages(): void {
		$this->assertGreaterThan( 45, count( self::messages() ) );
	}

	public function test_the_fields_are_those_of_the_events(): void {
		$columns = array(
			2 => 'ultimate-multisite',
			3 => 'woocommerce',
			4 => 'easy-digital-downloads',
		);
		preg_match_all( '/^\| (how|in|who|email|for|number|when).*$/m', self::prose( 'receivers.md' ), $rows );
		$this->assertCount( 7, $rows[0] );
		$examples = $this->plugin()->catalogue()->find( 'payment_received' )->examples;
		foreach ( $rows[0] as $row ) {
			foreach ( $columns as $at => $source ) {
				preg_match_all( '/`([^`]+)`/', explode( '|', $row )[ $at ], $paths );
				$this->assertNotSame( array(), $paths[1], $row );
				foreach ( $paths[1] as $path ) {
					$this->assertNotNull( self::value( $examples[ $source ], $path ), "$source has no $path." );
				}
			}
		}
	}

	public function test_services_and_their_inputs_are_those_of_the_presets(): void {
		$text = self::prose( 'receivers.md' );
		foreach ( Presets::all() as $preset ) {
			$this->assertStringContainsString( "| **{$preset->name()}** |", $text );
			foreach ( $preset->inputs() as $input ) {
				$this->assertStringContainsString( "**$input->label**", $text, $preset->name() );
			}
			$this->assertTrue( ! $preset->takes_url() || str_contains( $text, "`{$preset->example()}`" ), $preset->example() );
		}
	}

	/**
	 * @dataProvider templates
	 */
	public function test_a_template_gives_json( string $template ): void {
		$webhook = array(
			'id'        => 'whk_guide',
			'url'       => 'https://crm.example/',
			'events'    => array( 'payment_received' ),
			'signature' => 'none',
			'format'    => 'template',
			'template'  => $template,
		);
		$seen    = webhooks_preview( $webhook, 'payment_received', $this->plugin()->catalogue()->find( 'payment_received' )->examples['ultimate-multisite'] );
		$this->assertNull( $seen['error'] );
		$this->assertStringContainsString( 'Jane Doe', $seen['body'] );
		$this->assertIsArray( json_decode( $seen['body'], true, 16, JSON_THROW_ON_ERROR ) );
	}

	public static function templates(): array {
		preg_match_all( '/^ *```jinja\n(.*?)^ *```/ms', file_get_contents( self::FOLDER . '/receivers.md' ), $found );
		return array_map( static fn( string $template ) => array( $template ), $found[1] );
	}

	public function test_the_condition_is_one(): void {
		$webhook = array(
			'id'        => 'whk_guide',
			'url'       => 'https://crm.example/',
			'events'    => array( '*' ),
			'signature' => 'none',
			'condition' => 'data.payment_total_raw >= 100',
		);
		$this->assertStringContainsString( "`{$webhook['condition']}`", self::prose( 'receivers.md' ) );
		foreach ( array( 99 => false, 100 => true ) as $total => $result ) {
			$this->assertSame( $result, webhooks_preview( $webhook, 'payment_received', array( 'payment_total_raw' => $total ) )['condition']['result'] );
		}
	}

	/**
	 * The texts in bold, as they are on a page.
	 *
	 * @return list<string>
	 */
	private static function bold( string $file ): array {
		// Code outside of bold letters is left out, be there asterisks in it.
		preg_match_all( '/`[^`\n]+`|\*\*((?:`[^`\n]+`|(?!\*\*).)+)\*\*/s', self::prose( $file ), $found );
		// A line that is too long goes on in the next one, in a list further right.
		return array_map( static fn( string $text ) => preg_replace( '/\s+/', ' ', $text ), array_filter( $found[1], 'strlen' ) );
	}

	/**
	 * A page without its blocks of code.
	 */
	private static function prose( string $file ): string {
		return preg_replace( '/^ *```.*?^ *```$/ms', '', file_get_contents( self::FOLDER . "/$file" ) );
	}

	/**
	 * What headings are called in addresses.
	 *
	 * @return list<string>
	 */
	private static function anchors( string $path ): array {
		preg_match_all( '/^#+ (.+)$/m', file_get_contents( $path ), $found );
		return array_map( static fn( string $title ) => str_replace( ' ', '-', preg_replace( '/[^\pL\pN _-]/u', '', mb_strtolower( $title ) ) ), $found[1] );
	}

	/**
	 * Whether WordPress itself has a text.
	 */
	private static function wordpress_has( string $text ): bool {
		static $sources = null;
		if ( null === $sources ) {
			$sources = '';
			foreach ( array( 'wp-includes/*.php', 'wp-admin/*.php', 'wp-admin/includes/*.php', 'wp-admin/network/*.php' ) as $files ) {
				$sources .= implode( array_map( 'file_get_contents', glob( ABSPATH . $files ) ) );
			}
		}
		return str_contains( $sources, "__( '$text' )" ) || str_contains( $sources, "_e( '$text' )" );
	}

	/**
	 * What stands at a path.
	 */
	private static function value( mixed $data, string $path ): mixed {
		foreach ( explode( '.', $path ) as $key ) {
			$data = ( (array) $data )[ $key ] ?? null;
		}
		return $data;
	}
}
