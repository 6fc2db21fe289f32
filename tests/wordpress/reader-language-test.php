<?php
/**
 * Months and counts are words of the reader's language.
 */

use Network_Webhooks\Admin\Test_Report;
use Network_Webhooks\Site_Health;

final class Reader_Language_Test extends Network_Test_Case {

	private const PLUGIN = __DIR__ . '/../../php/network-webhooks';

	/** What a number counts that is no count: its place, a code, a size with its unit. */
	private const NO_COUNT = '/number of (a|an) \w+|milliseconds|HTTP status|id of /';

	public function test_get_date_from_gmt_prints_english_months_and_is_not_used(): void {
		global $wp_locale;
		$this->subscribe( 'lesson_finished' );
		$this->plugin()->outbox()->add( 'lesson_finished', array(), array(), 'a test' );
		$kept = $wp_locale->month;
		// As a language pack does it.
		$wp_locale->month = array_map( static fn( string $month ) => "Monat-$month", $wp_locale->month );
		$format           = get_option( 'date_format' );
		update_option( 'date_format', 'F j, Y' );
		try {
			$health = ( new Site_Health( $this->plugin()->publisher(), $this->plugin()->outbox(), $this->plugin()->webhooks() ) )->test();
			$this->assertMatchesRegularExpression( '/since Monat-\w+ \d/', $health['description'] );
			$report = Test_Report::of(
				array(
					'event'         => 'lesson_finished',
					'event_id'      => 'evt_1',
					'state'         => 'delivered',
					'reason'        => null,
					'body'          => '{}',
					'attempts_made' => array(
						array(
							'started'          => '2026-11-20T10:00:00.000Z',
							'duration_ms'      => 5.0,
							'address'          => '192.0.2.1:443',
							'url'              => 'https://endpoint.example/',
							'status'           => 200,
							'failure'          => null,
							'request_headers'  => array(),
							'response_headers' => array(),
							'response_body'    => '',
						),
					),
				)
			);
			$this->assertStringContainsString( 'Monat-November 20, 2026 10:00:00', $report );
		} finally {
			$wp_locale->month = $kept;
			update_option( 'date_format', $format );
		}
		foreach ( self::sources( 'php' ) as $name => $source ) {
			$this->assertDoesNotMatchRegularExpression( '/\b(get_date_from_gmt|mysql2date|date_i18n)\s*\(/', $source, $name );
		}
	}

	public function test_counts_without_plural_forms_are_nowhere(): void {
		$seen = 0;
		foreach ( self::sources( 'php' ) + self::sources( 'js' ) as $name => $source ) {
			preg_match_all( '~translators: ([^\n]*?) ?\*/\s*(.*?)\n~s', $source, $comments, PREG_SET_ORDER );
			foreach ( $comments as $comment ) {
				$is_label = preg_match( "/__\\( '[^']*: %d'/", $comment[2] );
				if ( ! str_contains( $comment[1], 'number of' ) || preg_match( self::NO_COUNT, $comment[1] ) || $is_label ) {
					continue;
				}
				++$seen;
				// One line with several counts has the largest one's forms, or puts none behind a number.
				$this->assertMatchesRegularExpression( '/_n(_noop|x)?\(|%[\d$]*s (of at most|delivered)|%d s\b|this one %s|: %[23]\$s\./', $comment[2], "$name: $comment[2]" );
			}
		}
		$this->assertGreaterThan( 30, $seen );
	}

	/**
	 * @return array<string, string> Name → text.
	 */
	private static function sources( string $kind ): array {
		$sources = array();
		foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( self::PLUGIN, FilesystemIterator::SKIP_DOTS ) ) as $file ) {
			if ( $file->getExtension() === $kind && ! str_contains( $file->getPathname(), '/languages/' ) ) {
				$sources[ substr( $file->getPathname(), strlen( self::PLUGIN ) ) ] = (string) file_get_contents( $file->getPathname() );
			}
		}
		return $sources;
	}
}
