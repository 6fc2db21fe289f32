<?php
/**
 * Announcements by mail.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Announcements;

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

	public function __construct( private readonly Announcement_Store $kept, private readonly Webhooks $webhooks ) {}

	/**
	 * Sends what is due.
	 */
	public function send(): void {
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
		$unsent = array();
		foreach ( $this->by_address( $due ) as $address => $announcements ) {
			if ( ! self::send_to( $address, $announcements ) ) {
				Log::write( 'mail', 'WordPress could not send a mail about webhooks; it tries again in 15 minutes.' );
				array_push( $unsent, ...array_column( $announcements, 'id' ) );
			}
		}
		if ( $unsent ) {
			Lock::try( 'announcements', 10, fn() => $this->kept->set_mailed( false, ...$unsent ) );
		}
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
		}
	}

	/**
	 * Subject and text of a mail.
	 *
	 * @param list<Announcement> $announcements
	 * @return array{subject: string, message: string}
	 */
	private static function compose( array $announcements ): array {
		$network = wp_specialchars_decode( get_network()->site_name, ENT_QUOTES );
		$subject = 1 === count( $announcements )
			? $announcements[0]->title()
			/* translators: %s: number of announcements */
			: sprintf( _n( '%s message about webhooks', '%s messages about webhooks', count( $announcements ), 'network-webhooks' ), number_format_i18n( count( $announcements ) ) );
		$parts = array();
		foreach ( $announcements as $one ) {
			$when    = wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $one->at );
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
