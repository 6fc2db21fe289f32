<?php
/**
 * What the page Listen asks for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Listen;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Flash;
use Network_Webhooks\Capture_Session;
use Network_Webhooks\Captured_Events;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\History;
use Network_Webhooks\Publisher;
use Network_Webhooks\Schema;
use Network_Webhooks\Site_Directory;

defined( 'ABSPATH' ) || exit;

/**
 * Begins and ends listening. Each needs the nonce and the capability.
 */
final class Capture_Actions {

	/** Sites that can be chosen. */
	private const SITES = 100;

	/**
	 * @param (\Closure(): int)|null $clock Unix time; null: the system's.
	 */
	public function __construct( private readonly Publisher $publisher, private readonly ?\Closure $clock = null ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'listen', 'listen_stop' ) as $action ) {
			add_action( 'network_admin_edit_' . Actions::PREFIX . $action, array( $this, $action ) );
		}
	}

	/**
	 * Begins, and forgets what was heard before.
	 */
	public function listen(): void {
		Actions::check();
		$typed = array(
			'sites' => self::posted( 'sites' ),
			'user'  => self::posted( 'user' ),
		);
		try {
			$this->begin( self::sites( $typed['sites'] ), self::user( $typed['user'] ) );
			History::record( History::NETWORK, History::LISTENED, array() );
		} catch ( \Throwable $error ) {
			Custom_Events::forget_undone();
			Flash::put( Extension_Messages::of( $error ) );
			Actions::leave( Admin::url( array_filter( $typed, 'strlen' ), Admin::LISTEN ) );
		}
		Actions::leave( Admin::url( array( 'message' => 'listening' ), Admin::LISTEN ) );
	}

	/**
	 * Ends.
	 */
	public function listen_stop(): void {
		Actions::check();
		try {
			$this->publisher->change( static fn() => Custom_Events::set_capture_session( null ) );
		} catch ( \Throwable $error ) {
			Custom_Events::forget_undone();
			Flash::put( Extension_Messages::of( $error ) );
		}
		Actions::leave( Admin::url( array( 'message' => 'listened' ), Admin::LISTEN ) );
	}

	/**
	 * Begins.
	 *
	 * @param list<int> $sites
	 */
	public function begin( array $sites, int $user ): void {
		$capture_session = Capture_Session::begin( $this->clock ? ( $this->clock )() : time(), $sites, $user );
		Schema::migrate();
		Captured_Events::clear();
		$this->publisher->change( static fn() => Custom_Events::set_capture_session( $capture_session->to_array() ) );
	}

	/**
	 * The sites that were typed.
	 *
	 * @return list<int>
	 * @throws \InvalidArgumentException Says which is none.
	 */
	private static function sites( string $typed ): array {
		$directory = new Site_Directory();
		$words     = array_unique( preg_split( '/[\s,;]+/', $typed, -1, PREG_SPLIT_NO_EMPTY ) );
		$numbers   = array_map( 'intval', array_filter( $words, static fn( string $word ) => 1 === preg_match( '/^\d{1,18}$/D', $word ) ) );
		$addresses = array_values( array_diff( $words, array_map( 'strval', $numbers ) ) );
		$at        = $directory->ids_at( $addresses );
		$there     = $directory->find( array_values( $numbers ) );
		$unknown   = array( ...array_diff( $addresses, array_keys( $at ) ), ...array_diff( $numbers, array_keys( $there ) ) );
		if ( $unknown ) {
			/* translators: %s: ids or addresses */
			throw new \InvalidArgumentException( sprintf( __( 'There is no such site: %s.', 'network-webhooks' ), implode( ', ', $unknown ) ) );
		}
		$ids = array_values( array_unique( array( ...array_keys( $there ), ...array_values( $at ) ) ) );
		if ( count( $ids ) > self::SITES ) {
			/* translators: %s: number of sites */
			throw new \InvalidArgumentException( sprintf( _n( 'At most %s site can be chosen. Leave the field empty for all.', 'At most %s sites can be chosen. Leave the field empty for all.', self::SITES, 'network-webhooks' ), number_format_i18n( self::SITES ) ) );
		}
		return $ids;
	}

	/**
	 * The user who was typed; 0: nobody was.
	 *
	 * @throws \InvalidArgumentException Where there is no such user.
	 */
	private static function user( string $typed ): int {
		if ( '' === $typed ) {
			return 0;
		}
		$user = get_user_by( 'login', $typed ) ?: get_user_by( 'email', $typed );
		if ( ! $user && ctype_digit( $typed ) ) {
			$user = get_user_by( 'id', (int) $typed );
		}
		if ( ! $user ) {
			/* translators: %s: what was typed */
			throw new \InvalidArgumentException( sprintf( __( 'There is no user “%s”. Type a user name, an email address or an id.', 'network-webhooks' ), $typed ) );
		}
		return $user->ID;
	}

	/**
	 * A posted text.
	 */
	private static function posted( string $name ): string {
		return is_string( $_POST[ $name ] ?? null ) ? trim( sanitize_text_field( wp_unslash( $_POST[ $name ] ) ) ) : '';
	}
}
