<?php
/**
 * The pages of a shop's administrator: forms as they stand there, filled and sent.
 */

final class Woo_Admin {

	private readonly Browser $browser;

	public function __construct() {
		$this->browser = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
	}

	/**
	 * The page of an order, whether orders are posts or have tables of their own.
	 */
	public static function order_page( int $order ): string {
		$url = wc_get_order( $order )->get_edit_order_url();
		return (string) wp_parse_url( $url, PHP_URL_PATH ) . '?' . html_entity_decode( (string) wp_parse_url( $url, PHP_URL_QUERY ) );
	}

	/**
	 * Saves the form of a page, with other values in some of its fields.
	 *
	 * @param array<string, mixed> $fields
	 * @return int The post or order of the form.
	 */
	public function save( string $page, array $fields ): int {
		$this->browser->get( $page );
		$form = $this->browser->form( '//form[@id="post" or @id="order"]' );
		$id   = (int) ( $form['post_ID'] ?? 0 );
		$to   = $this->browser->values( '//form[@id="post" or @id="order"]/@action' )[0] ?? '';
		$this->browser->post( $this->path( '' === $to ? $page : $to, $page ), $fields + $form );
		if ( ! str_contains( $this->browser->url, 'message=' ) ) {
			throw new RuntimeException( "$page was not saved: {$this->browser->url} ({$this->browser->status}) " . substr( wp_strip_all_tags( $this->browser->page ), 0, 500 ) );
		}
		return $id;
	}

	/**
	 * Follows a link of a page.
	 *
	 * @param string $part What its address contains.
	 */
	public function follow( string $page, string ...$part ): void {
		$this->browser->get( $page );
		$found = array_filter( $this->browser->values( '//a/@href' ), static fn( string $href ): bool => array_filter( $part, static fn( string $one ): bool => str_contains( $href, $one ) ) === $part );
		$link  = Deed::must( current( $found ), "A link of $page with " . implode( ', ', $part ) );
		$this->browser->get( $this->path( $link, $page ) );
	}

	/**
	 * Does the same with some orders of their list, which is that of posts where they are posts.
	 *
	 * @param list<int> $ids
	 */
	public function in_orders( string $site, string $action, array $ids, bool $in_trash = false ): void {
		$is_table = Automattic\WooCommerce\Utilities\OrderUtil::custom_orders_table_usage_is_enabled();
		$page     = $is_table ? 'admin.php?page=wc-orders' . ( $in_trash ? '&status=trash' : '' ) : 'edit.php?post_type=shop_order' . ( $in_trash ? '&post_status=trash' : '' );
		$of       = $is_table ? 'id' : 'post';
		$page     = "{$site}wp-admin/$page";
		$this->browser->get( $page );
		$form = $this->browser->form( '//form[.//select[@name="action"]]' );
		$this->browser->get( strtok( $page, '?' ) . '?' . http_build_query( array( 'action' => $action, $of => $ids ) + array_diff_key( $form, array( 'action2' => 1 ) ) ) );
	}

	/**
	 * Gives money back by the button in the order: the page's script asks.
	 *
	 * @param string $before What was given back before.
	 */
	public function refund( int $order, string $amount, string $reason, string $before = '0' ): void {
		$page = self::order_page( $order );
		$this->browser->get( $page );
		$found = preg_match( '/"order_item_nonce":"([^"]+)"/', $this->browser->page, $nonce );
		Deed::must( $found ?: null, "The page of the order ({$this->browser->status})" );
		$answer = json_decode(
			$this->browser->post(
				preg_replace( '#wp-admin/.*$#', 'wp-admin/admin-ajax.php', $page ),
				array(
					'action'                 => 'woocommerce_refund_line_items',
					'order_id'               => $order,
					'refund_amount'          => $amount,
					'refunded_amount'        => $before,
					'refund_reason'          => $reason,
					'line_item_qtys'         => '{}',
					'line_item_totals'       => '{}',
					'line_item_tax_totals'   => '{}',
					'api_refund'             => 'false',
					'restock_refunded_items' => 'true',
					'security'               => $nonce[1],
				)
			),
			true
		);
		if ( empty( $answer['success'] ) ) {
			throw new RuntimeException( 'The refund was not made: ' . substr( $this->browser->page, 0, 500 ) );
		}
	}

	/**
	 * Asks the REST API over HTTP, as a script of an admin page does.
	 *
	 * @param string               $site   Path of the site.
	 * @param array<string, mixed> $fields
	 * @return array<string, mixed>
	 */
	public function ask_rest( string $site, string $route, array $fields ): array {
		$nonce  = $this->browser->get( "{$site}wp-admin/admin-ajax.php?action=rest-nonce" );
		$answer = json_decode( $this->browser->post( "{$site}wp-json$route?_wpnonce=$nonce", $fields ), true );
		if ( $this->browser->status >= 300 || ! is_array( $answer ) ) {
			throw new RuntimeException( "$route ({$this->browser->status}): {$this->browser->page}" );
		}
		return $answer;
	}

	/**
	 * The path of an address on a page.
	 */
	private function path( string $address, string $page ): string {
		$parts = wp_parse_url( html_entity_decode( $address ) );
		$path  = $parts['path'] ?? '';
		if ( '' === $path || '/' !== $path[0] ) {
			$path = preg_replace( '#[^/]*$#', '', (string) strtok( $page, '?' ) ) . $path;
		}
		return $path . ( isset( $parts['query'] ) ? "?$parts[query]" : '' );
	}
}
