<?php
/**
 * Announcements by mail.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Announcements;

use Network_Webhooks\Date_Format;
use Network_Webhooks\Lock;
use Network_Webhooks\Log;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Sends what is kept and not yet said, together in one mail, and not more often than every
 * fifteen minutes. Called in wp-cron: no visitor waits for a mail server.
 */
final class Mail {

	/** Seconds between two mails. */
	public const INTERVAL = 15 * MINUTE_IN_SECONDS;
	/** Why mails do not go out, where it is not what WordPress says. */
	private const NOBODY  = '@nobody';
	private const REFUSED = '@refused';
	private const ENDED   = '@ended';
	/** Seconds after which sending that has not ended never will: PHP ended meanwhile. */
	private const TAKES = 4 * MINUTE_IN_SECONDS;

	public function __construct( private readonly Announcement_Store $kept, private readonly Webhooks $webhooks ) {}

	/**
	 * What is to be said of mails that do not go out. Whoever is only told by mail would never know.
	 *
	 * @return array<string, string> Condition → sentence.
	 */
	public static function warnings(): array {
		$known = self::not_mailed();
		if ( ! $known['since'] || ( '' === $known['why'] && ! self::has_ended( $known ) ) ) {
			return array();
		}
		return array(
			'mail' => sprintf(
				/* translators: 1: date and time in UTC, 2: why */
				__( 'Since %1$s (UTC) mails about webhooks can’t be sent: %2$s. What they have to say stands on these pages. Have WordPress’s mails sent again, or name other addresses on the page Webhooks › Settings › Mail.', 'network-webhooks' ),
				gmdate( 'Y-m-d H:i:s', $known['since'] ),
				self::reason( $known['why'] )
			),
		);
	}

	/**
	 * Sends what is due.
	 */
	public function send(): void {
		$this->take_up();
		if ( ! array_filter( $this->kept->all(), static fn( Announcement $one ) => ! $one->mailed ) ) {
			return;
		}
		$due = array();
		Lock::try(
			'announcements',
			10,
			function () use ( &$due ): void {
				$last = (int) Settings::read( Settings::MAILED_AT )[ Settings::MAILED_AT ];
				// A time ahead of the clock is of no use: the clock was set back.
				if ( $last <= time() && $last > time() - self::INTERVAL ) {
					return;
				}
				$due = array_values( array_filter( $this->kept->read(), static fn( Announcement $one ) => ! $one->mailed ) );
				$this->kept->set_mailed( true, ...array_column( $due, 'id' ) );
				Settings::set( Settings::MAILED_AT, time() );
			}
		);
		if ( ! $due ) {
			return;
		}
		$since = self::not_mailed()['since'];
		// Should PHP end in the middle of it, it is known of what.
		self::note( $since ? $since : time(), '', ...array_column( $due, 'id' ) );
		$unsent  = array_column( $due, 'id', 'id' );
		$failed  = array();
		$why     = self::NOBODY;
		$collect = static function ( mixed $error ) use ( &$why ): void {
			$why = $error instanceof \WP_Error ? $error->get_error_message() : $why;
		};
		add_action( 'wp_mail_failed', $collect );
		try {
			foreach ( $this->by_address( $due ) as $address => $announcements ) {
				$ids = array_column( $announcements, 'id', 'id' );
				if ( self::send_to( $address, $announcements ) ) {
					$unsent = array_diff_key( $unsent, $ids );
					continue;
				}
				Log::write( 'mail', 'WordPress could not send a mail about webhooks; it tries again in 15 minutes.' );
				$failed += $ids;
			}
		} finally {
			remove_action( 'wp_mail_failed', $collect );
		}
		// One that only some addresses got is sent to all of them again.
		$unsent += $failed;
		if ( ! $unsent ) {
			self::note( 0, '' );
			return;
		}
		Lock::try( 'announcements', 10, fn() => $this->kept->set_mailed( false, ...array_values( $unsent ) ) );
		self::note( $since ? $since : time(), self::NOBODY === $why && $failed ? self::REFUSED : $why );
	}

	/**
	 * What another process was sending when it ended is sent once more.
	 */
	private function take_up(): void {
		$known = self::not_mailed();
		if ( $known['ids'] && self::has_ended( $known ) ) {
			Lock::try( 'announcements', 10, fn() => $this->kept->set_mailed( false, ...$known['ids'] ) );
			self::note( $known['since'], self::ENDED );
		}
	}

	/**
	 * Notes that mails did not go out, or that they did.
	 *
	 * @param int    $since  Unix time of the first; 0: all did.
	 * @param string $why    Empty: they are being sent.
	 * @param string ...$ids Of the announcements that are being sent.
	 */
	private static function note( int $since, string $why, string ...$ids ): void {
		$note = array(
			'since' => $since,
			'tried' => time(),
			'why'   => mb_substr( $why, 0, 1000 ),
			'ids'   => $ids,
		);
		Settings::set( Settings::NOT_MAILED, $since ? $note : array() );
	}

	/**
	 * What is noted.
	 *
	 * @return array{since: int, tried: int, why: string, ids: list<string>}
	 */
	private static function not_mailed(): array {
		$known = (array) Settings::get( Settings::NOT_MAILED, array() );
		return array(
			'since' => (int) ( $known['since'] ?? 0 ),
			'tried' => (int) ( $known['tried'] ?? 0 ),
			'why'   => (string) ( $known['why'] ?? '' ),
			'ids'   => array_values( array_filter( (array) ( $known['ids'] ?? array() ), 'is_string' ) ),
		);
	}

	/**
	 * Whether the process that was sending is there no more. A time ahead of the clock is of no use.
	 *
	 * @param array{since: int, tried: int, why: string, ids: list<string>} $known
	 */
	private static function has_ended( array $known ): bool {
		return $known['tried'] < time() - self::TAKES || $known['tried'] > time() + MINUTE_IN_SECONDS;
	}

	/**
	 * Why mails did not go out, in the reader's language.
	 */
	private static function reason( string $why ): string {
		return match ( $why ) {
			self::NOBODY => __( 'no address is set that is one', 'network-webhooks' ),
			self::REFUSED => __( 'WordPress did not say why', 'network-webhooks' ),
			'', self::ENDED => __( 'PHP ended while it sent one', 'network-webhooks' ),
			default => $why,
		};
	}

	/**
	 * Addresses to which a webhook's announcements go: its own, those that are set for all, or the
	 * network's.
	 *
	 * @param string $webhook_id Empty: what is announced of servers.
	 * @return list<string>
	 */
	public function addresses( string $webhook_id ): array {
		// Of one that was deleted since, people may still want to know.
		$webhook = '' === $webhook_id ? null : $this->webhooks->find( $webhook_id ) ?? $this->webhooks->find_deleted( $webhook_id );
		$own     = $webhook ? $webhook->mail_to() : array();
		return $own ? $own : self::of_network();
	}

	/**
	 * Addresses for all that has none of its own.
	 *
	 * @return list<string>
	 */
	private static function of_network(): array {
		$set = (array) Settings::get( Settings::MAIL_TO, array() );
		return $set ? array_values( $set ) : array( (string) Settings::get( 'admin_email', '' ) );
	}

	/**
	 * Which announcements each address gets.
	 *
	 * @param list<Announcement> $announcements
	 * @return array<string, list<Announcement>>
	 */
	private function by_address( array $announcements ): array {
		$mails = array();
		foreach ( $announcements as $announcement ) {
			foreach ( $this->addresses( $announcement->webhook_id() ) as $address ) {
				$mails[ $address ][] = $announcement;
			}
		}
		return array_filter( $mails, 'is_email', ARRAY_FILTER_USE_KEY );
	}

	/**
	 * Sends one mail, in its reader's language.
	 *
	 * @param list<Announcement> $announcements
	 */
	private static function send_to( string $address, array $announcements ): bool {
		// Its time zone and formats are the network's.
		$main     = get_main_site_id( get_main_network_id() );
		$away     = get_current_blog_id() !== $main && switch_to_blog( $main );
		$reader   = get_user_by( 'email', $address );
		$switched = $reader ? switch_to_user_locale( $reader->ID ) : switch_to_locale( get_locale() );
		try {
			/**
			 * A mail about webhooks, before it is sent. Return null to send none.
			 *
			 * @since 0.1.0
			 *
			 * @param array{subject: string, message: string} $mail
			 * @param list<Announcement>                      $announcements
			 * @param string                                  $address
			 */
			$mail = apply_filters( 'network_webhooks_mail', self::compose( $announcements ), $announcements, $address );
			return null === $mail || wp_mail( $address, $mail['subject'], $mail['message'] );
		} finally {
			if ( $switched ) {
				restore_previous_locale();
			}
			if ( $away ) {
				restore_current_blog();
			}
		}
	}

	/**
	 * Subject and text of a mail.
	 *
	 * @param list<Announcement> $announcements
	 * @return array{subject: string, message: string}
	 */
	private static function compose( array $announcements ): array {
		$network = wp_specialchars_decode( get_network( get_main_network_id() )->site_name, ENT_QUOTES );
		$subject = 1 === count( $announcements )
			? $announcements[0]->title()
			/* translators: %s: number of announcements */
			: sprintf( _n( '%s message about webhooks', '%s messages about webhooks', count( $announcements ), 'network-webhooks' ), number_format_i18n( count( $announcements ) ) );
		$parts = array();
		foreach ( $announcements as $one ) {
			$when    = Date_Format::minute( $one->at );
			$parts[] = implode( "\n", array( $one->title(), $when, $one->text(), $one->url() ) );
		}
		$parts[] = sprintf(
			/* translators: %s: address of a page */
			__( 'Who gets these mails is set at %s – and for a single webhook in its form, below “More”.', 'network-webhooks' ),
			\Network_Webhooks\Admin\Admin::url( array(), \Network_Webhooks\Admin\Admin::STATUS )
		);
		return array(
			/* translators: 1: name of the network, 2: what happened */
			'subject' => sprintf( __( '[%1$s] %2$s', 'network-webhooks' ), $network, $subject ),
			'message' => implode( "\n\n", $parts ) . "\n",
		);
	}
}
