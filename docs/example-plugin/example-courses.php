<?php
/**
 * Plugin Name:       Example Courses
 * Description:       Courses of lessons. Tells Network Webhooks when somebody finishes one.
 * Version:           1.0.0
 * Requires at least: 6.1
 * Requires PHP:      8.1
 * License:           GPL-2.0-or-later
 * Text Domain:       example-courses
 *
 * @package Example_Courses
 */

defined( 'ABSPATH' ) || exit;

require_once __DIR__ . '/includes/class-courses.php';
require_once __DIR__ . '/includes/class-course-events.php';

Example_Courses\Courses::add_hooks();
Example_Courses\Course_Events::add_hooks();
