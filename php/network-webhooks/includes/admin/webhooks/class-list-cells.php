<?php
/**
 * The cells of a webhook in the list.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Counters;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Endpoint_Url;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Status;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Each webhook with its target, its status and what was sent. Who may only see them gets neither boxes nor the part
 * of a URL in which its secret may be.
 */
final class List_Cells {

	/**
	 * The chart of the row that is printed, and of which webhook it is.
	 */
	private Calls_Chart $chart;
	private string $charted = '';

	/**
	 * Addresses of the webhooks' pages.
	 */
	private readonly Row_Url $urls;

	/**
	 * @param Site_Addresses $sites      Knows those of the page's webhooks.
	 * @param bool           $may_manage Whether this user may change webhooks.
	 */
	public function __construct(
		private readonly Event_Registry $registry,
		private readonly Counters $counters,
		private readonly Site_Addresses $sites,
		private readonly bool $may_manage,
	) {
		$this->urls = new Row_Url();
	}

	/**
	 * A cell as HTML.
	 */
	public function html( Webhook $item, string $column ): string {
		return match ( $column ) {
			'cb' => $this->checkbox( $item ),
			'name' => $this->name( $item ),
			'event' => $this->events( $item ),
			'url' => $this->url( $item ),
			'sites' => esc_html( $this->sites->describe( $item ) ),
			'status' => $this->status( $item ),
			'calls' => $this->calls( $item ),
			'last' => $this->last( $item ),
			'hours' => $this->hours( $item ),
			default => '',
		};
	}

	/**
	 * The checkbox.
	 */
	private function checkbox( Webhook $item ): string {
		$id = "network-webhooks-$item->id";
		/* translators: %s: name of a webhook */
		$label = sprintf( __( 'Select %s', 'network-webhooks' ), $item->name );
		return sprintf( '<label class="screen-reader-text" for="%1$s">%2$s</label><input type="checkbox" name="webhooks[]" id="%1$s" value="%3$s">', esc_attr( $id ), esc_html( $label ), esc_attr( $item->id ) );
	}

	/**
	 * The name, leading to its page.
	 */
	private function name( Webhook $item ): string {
		return sprintf( '<strong><a class="row-title" href="%s">%s</a></strong>', $this->urls->of( 'view', $item->id, array( Webhook_View::class, 'url' ) ), esc_html( $item->name ) );
	}

	/**
	 * The events that it gets.
	 */
	private function events( Webhook $item ): string {
		return implode( ', ', array_map( fn( string $event ) => esc_html( $this->registry->name( $event ) ), $item->events() ) );
	}

	/**
	 * Where they go: the host first, which tells receivers apart.
	 */
	private function url( Webhook $item ): string {
		$url = new Endpoint_Url( $item->url );
		if ( ! $this->may_manage ) {
			return '<span class="network-webhooks-host" dir="ltr">' . esc_html( $url->host ) . '</span>';
		}
		/* translators: %s: name of a webhook */
		$label = sprintf( __( 'Copy the URL of “%s”', 'network-webhooks' ), $item->name );
		return sprintf(
			'<span title="%s" dir="ltr"><span class="network-webhooks-host">%s</span><span class="network-webhooks-rest">%s</span></span> <span class="copy-to-clipboard-container hide-if-no-js"><button type="button" class="button-link network-webhooks-copy" data-clipboard-text="%s" aria-label="%s"><span class="dashicons dashicons-admin-page" aria-hidden="true"></span></button> <span class="success hidden" aria-hidden="true">%s</span></span>',
			esc_attr( $item->url ),
			esc_html( $url->host ),
			esc_html( $url->short_rest() ),
			esc_attr( $item->url ),
			esc_attr( $label ),
			esc_html__( 'Copied!', 'network-webhooks' )
		);
	}

	/**
	 * How it is, as a word and a colour, and what waits.
	 */
	private function status( Webhook $item ): string {
		$status = Status::of( $item, $this->counters );
		$html   = sprintf( '<span class="network-webhooks-status is-%s">%s</span>', esc_attr( $status->code ), esc_html( $status->label() ) );
		if ( null !== $status->since ) {
			$html .= ' ' . Date_Format::lasting( $status->since );
		}
		if ( '' !== $status->reason() ) {
			$html .= '<br><span class="description">' . esc_html( $status->reason() ) . '</span>';
		}
		$waiting = $this->counters->waiting( $item->id );
		if ( $waiting ) {
			/* translators: %s: number of deliveries */
			$text  = sprintf( _n( '%s delivery waits', '%s deliveries wait', $waiting, 'network-webhooks' ), number_format_i18n( $waiting ) );
			$html .= '<br><span class="description">' . esc_html( $text ) . '</span>';
		}
		return $html;
	}

	/**
	 * How often something was delivered or failed, test events apart.
	 */
	private function calls( Webhook $item ): string {
		if ( ! $this->counters->are_known() ) {
			return self::unknown();
		}
		$of    = $this->counters->of( $item->id );
		$chart = $this->chart( $item );
		return sprintf(
			'<span class="network-webhooks-calls"><span>%s</span> %s</span> <span class="network-webhooks-calls"><span>%s</span> %s</span>',
			esc_html__( '24 hours:', 'network-webhooks' ),
			self::counts( $chart->delivered(), $chart->failed() ),
			esc_html__( 'All:', 'network-webhooks' ),
			self::counts( $of['delivered'], $of['failed'] )
		);
	}

	/**
	 * When something was last sent.
	 */
	private function last( Webhook $item ): string {
		if ( ! $this->counters->are_known() ) {
			return self::unknown();
		}
		$of = $this->counters->of( $item->id );
		if ( null === $of['last_attempt'] ) {
			return esc_html__( 'Never', 'network-webhooks' );
		}
		$html = Date_Format::ago( $of['last_attempt'] );
		if ( $of['last_attempt'] !== $of['last_success'] ) {
			$html .= '<br><span class="description">' . esc_html__( 'It failed.', 'network-webhooks' ) . '</span>';
		}
		return $html;
	}

	/**
	 * The last 24 hours as a picture.
	 */
	private function hours( Webhook $item ): string {
		return $this->counters->are_known() ? $this->chart( $item )->small() : self::unknown();
	}

	/**
	 * What was delivered in the last 24 hours: two cells of a row say it.
	 */
	private function chart( Webhook $item ): Calls_Chart {
		if ( $this->charted !== $item->id ) {
			$this->charted = $item->id;
			$this->chart   = new Calls_Chart( Period::Day, $this->counters->of( $item->id )['hours'], time() );
		}
		return $this->chart;
	}

	/**
	 * Delivered and failed calls.
	 */
	private static function counts( int $delivered, int $failed ): string {
		/* translators: %s: number of calls */
		$html = esc_html( sprintf( _n( '%s delivered', '%s delivered', $delivered, 'network-webhooks' ), number_format_i18n( $delivered ) ) );
		if ( $failed ) {
			/* translators: %s: number of calls */
			$text  = sprintf( _n( '%s failed', '%s failed', $failed, 'network-webhooks' ), number_format_i18n( $failed ) );
			$html .= ', <span class="network-webhooks-failed">' . esc_html( $text ) . '</span>';
		}
		return $html;
	}

	/**
	 * Where the log can't be read.
	 */
	private static function unknown(): string {
		return '<span aria-hidden="true">—</span><span class="screen-reader-text">' . esc_html__( 'Unknown', 'network-webhooks' ) . '</span>';
	}
}
