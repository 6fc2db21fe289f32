<?php
/**
 * A webhook that can't be published.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

// phpcs:disable Generic.Files.OneObjectStructurePerFile, Generic.Classes.DuplicateClassName -- PHP can't choose a parent otherwise.
if ( class_exists( 'Webhooks\Exception', false ) ) {
	/**
	 * What the extension throws where it is there: whoever calls catches that.
	 */
	abstract class Refusal_Base extends \Webhooks\Exception {}
} else {
	/**
	 * Where the extension is away.
	 */
	abstract class Refusal_Base extends \RuntimeException {}
}
/**
 * Says which webhook is wrong and in which field, without anybody having to read the message.
 */
final class Refusal extends Refusal_Base {

	/**
	 * @param string $webhook_id Of which webhook.
	 * @param string $field      As webhooks_configure() names it: `headers[2]`, `rate_limit.count`.
	 * @param string $reason     What is wrong with the field, in English; see Extension_Messages.
	 */
	public function __construct( public readonly string $webhook_id, public readonly string $field, public readonly string $reason ) {
		parent::__construct( "webhook \"$webhook_id\": $field: $reason" );
	}
}
// phpcs:enable
