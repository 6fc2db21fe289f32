<?php
/**
 * Two admins at once.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * Thrown where a form would be saved over a newer version than the one that it was made for.
 */
final class Conflict extends \RuntimeException {}
