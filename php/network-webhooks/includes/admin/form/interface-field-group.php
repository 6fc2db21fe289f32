<?php
/**
 * Inputs that belong together.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * A part of the form of a webhook: it knows its inputs, and what they mean.
 */
interface Field_Group {

	/**
	 * What stands in its inputs for a webhook.
	 *
	 * @return array<string, string|list<string>>
	 */
	public function show( Webhook $webhook ): array;

	/**
	 * What its inputs say, in the words of webhooks_configure().
	 *
	 * @param Webhook $old The webhook as it is stored, or a new one.
	 * @return array<string, mixed>
	 */
	public function read( Form_Input $typed, Webhook $old, Errors $errors ): array;

	/**
	 * Prints its inputs.
	 *
	 * @param Webhook|null $old null: a new one.
	 */
	public function print( Fields $fields, ?Webhook $old ): void;
}
