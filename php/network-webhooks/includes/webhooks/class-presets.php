<?php
/**
 * Well-known receivers.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What the form has to hold so that a well-known service understands what it gets. The templates
 * take any event: they name it and its site, and list the simple values of its data. The rate
 * limits are those that the services document, so that they don't have to refuse.
 */
final class Presets {

	/**
	 * Line by line, what happened: begins the templates of messages. Lists and objects are left
	 * out, they don't read well. What Slack takes for markup is written as Slack wants it, which
	 * the others must not get.
	 */
	private const TEXT = <<<'TEMPLATE'
		{%%- set text -%%}
		{%%- autoescape false -%%}
		%1$s{{ type }}%1$s{%% if site %%} – {{ site.url }}{%% endif %%}
		{%%- for key, value in data|items %%}{%% if value is not mapping and value is not sequence %%}
		{{ key }}: {{ value|string%2$s }}
		{%%- endif %%}{%% endfor %%}
		{%%- endautoescape -%%}
		{%%- endset -%%}

		TEMPLATE;

	/**
	 * A card of facts, as Workflows of Microsoft Teams want it.
	 */
	private const CARD = <<<'TEMPLATE'
		{
		  "type": "message",
		  "attachments": [{
		    "contentType": "application/vnd.microsoft.card.adaptive",
		    "contentUrl": null,
		    "content": {
		      "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
		      "type": "AdaptiveCard",
		      "version": "1.4",
		      "body": [
		        {"type": "TextBlock", "weight": "bolder", "size": "medium", "wrap": true, "text": {{ type }}},
		        {"type": "TextBlock", "isSubtle": true, "wrap": true, "text": {{ (site.url if site else "") ~ " " ~ timestamp }}},
		        {"type": "FactSet", "facts": [
		          {"title": "id", "value": {{ id }}}
		          {%- for key, value in data|items %}{% if value is not mapping and value is not sequence %},
		          {"title": {{ key }}, "value": {{ (value|string)[:500] ~ "" }}}
		          {%- endif %}{% endfor %}
		        ]}
		      ]
		    }
		  }]
		}
		TEMPLATE;

	/**
	 * All presets by their ids.
	 *
	 * - `name`: of the service
	 * - `url`: what its URLs look like
	 * - `host`: pattern of the hosts of its URLs; empty: any
	 * - `steps`: where the URL comes from, in a sentence or two
	 * - `values`: name of an input → what it holds
	 *
	 * @return array<string, array{name: string, url: string, host: string, steps: string, values: array<string, string>}>
	 */
	public static function all(): array {
		return array(
			'zapier'   => array(
				'name'   => 'Zapier',
				'url'    => 'https://hooks.zapier.com/hooks/catch/…/…/',
				'host'   => '~(^|\.)hooks\.zapier\.com$~',
				'steps'  => __( 'In a new Zap choose the trigger “Webhooks by Zapier”, then “Catch Hook”, and copy the URL that it shows. A test event fills the Zap with fields to choose from.', 'network-webhooks' ),
				'values' => self::rate( 30, 'second' ),
			),
			'make'     => array(
				'name'   => 'Make',
				'url'    => 'https://hook.eu1.make.com/…',
				'host'   => '~(^|\.)hook\.[a-z0-9]+\.make\.(com|celonis\.com)$~',
				'steps'  => __( 'In a scenario add the module “Webhooks”, then “Custom webhook”, and copy its address. While it says that it determines the data structure, send a test event.', 'network-webhooks' ),
				'values' => self::rate( 30, 'second' ),
			),
			'n8n'      => array(
				'name'   => 'n8n',
				'url'    => 'https://n8n.example.org/webhook/…',
				'host'   => '',
				'steps'  => __( 'In a workflow add the node “Webhook”, set its method to POST and copy the production URL. The test URL, with /webhook-test/ in it, answers only while n8n listens for a test event; the production URL only once the workflow is active.', 'network-webhooks' ),
				'values' => array(),
			),
			'slack'    => array(
				'name'   => 'Slack',
				'url'    => 'https://hooks.slack.com/services/…/…/…',
				'host'   => '~^hooks\.slack(-gov)?\.com$~',
				'steps'  => __( 'At api.slack.com/apps create an app, switch “Incoming Webhooks” on, add one for a channel and copy its URL.', 'network-webhooks' ),
				'values' => self::message( '{"text": {{ text[:3900] ~ "" }}}', '*', '|replace("&", "&amp;")|replace("<", "&lt;")|replace(">", "&gt;")' ) + self::rate( 1, 'second' ),
			),
			'discord'  => array(
				'name'   => 'Discord',
				'url'    => 'https://discord.com/api/webhooks/…/…',
				'host'   => '~^(ptb\.|canary\.)?discord(app)?\.com$~',
				'steps'  => __( 'In the settings of the channel choose “Integrations”, then “Webhooks”, make one and copy its URL.', 'network-webhooks' ),
				// Nobody is to be called by what a visitor typed, be it @everyone.
				'values' => self::message( '{"content": {{ text[:1900] ~ "" }}, "allowed_mentions": {"parse": []}}', '**' ) + self::rate( 30, 'minute' ),
			),
			'telegram' => array(
				'name'   => 'Telegram',
				'url'    => 'https://api.telegram.org/bot…/sendMessage?chat_id=…',
				'host'   => '~^api\.telegram\.org$~',
				'steps'  => __( 'Ask @BotFather for a bot, and add it to the chat. The URL is made of the bot’s token and the id of the chat: https://api.telegram.org/bot<token>/sendMessage?chat_id=<id>. Ids of groups begin with a minus.', 'network-webhooks' ),
				'values' => self::message( '{"text": {{ text[:4000] ~ "" }}, "link_preview_options": {"is_disabled": true}}', '' ) + self::rate( 20, 'minute' ),
			),
			'teams'    => array(
				'name'   => 'Microsoft Teams',
				'url'    => 'https://….environment.api.powerplatform.com/powerautomate/automations/direct/workflows/…',
				'host'   => '~\.(logic\.azure\.com|api\.powerplatform\.com|webhook\.office\.com)$~',
				'steps'  => __( 'In the channel’s menu choose “Workflows”, then “Send webhook alerts to a channel”, and copy the URL at its end.', 'network-webhooks' ),
				'values' => array(
					'format'   => 'template',
					'template' => self::CARD,
				) + self::rate( 1, 'second' ),
			),
			'sheets'   => array(
				'name'   => 'Google Sheets',
				'url'    => 'https://script.google.com/macros/s/…/exec?key=…',
				'host'   => '~^script\.google\.com$~',
				'steps'  => __( 'In the sheet open Extensions › Apps Script, paste the script shown here, choose a key of your own in it, and deploy it as a web app that runs as you and that anyone can reach. Add ?key= and your key to its URL. Apps Script can’t read headers, so the key takes the signature’s place.', 'network-webhooks' ),
				'values' => array(
					'signature'   => 'none',
					'timeout'     => '30',
					'concurrency' => '1',
				) + self::rate( 30, 'minute' ),
			),
			'custom'   => array(
				'name'   => __( 'Custom endpoint', 'network-webhooks' ),
				'url'    => 'https://example.org/webhooks',
				'host'   => '',
				'steps'  => __( 'A program of your own: it gets the event as JSON, checks the signature with a library of Standard Webhooks, answers 2xx at once and works on the event afterwards.', 'network-webhooks' ),
				'values' => array(),
			),
		);
	}

	/**
	 * What Google Sheets needs at its side. HtmlService, because what ContentService answers is a
	 * redirect, and events are not sent on elsewhere.
	 */
	public static function script(): string {
		return <<<'SCRIPT'
			const KEY = 'choose a long one';

			function doPost(e) {
			  if (e.parameter.key !== KEY) {
			    throw new Error('wrong key');
			  }
			  const event = JSON.parse(e.postData.contents);
			  const lock = LockService.getScriptLock();
			  lock.waitLock(20000);
			  // A leading apostrophe: what begins with = must not become a formula.
			  const plain = (value) => "'" + (typeof value === 'object' ? JSON.stringify(value) : value);
			  SpreadsheetApp.getActiveSpreadsheet().getSheets()[0].appendRow(
			    [event.timestamp, event.type, event.site ? event.site.url : ''].concat(Object.values(event.data)).map(plain)
			  );
			  lock.releaseLock();
			  return HtmlService.createHtmlOutput('ok');
			}
			SCRIPT;
	}

	/**
	 * The preset that a URL is one of; empty: none that is known.
	 */
	public static function of_url( string $url ): string {
		$host = ( new Endpoint_Url( $url ) )->host;
		foreach ( self::all() as $id => $preset ) {
			if ( '' !== $preset['host'] && 1 === preg_match( $preset['host'], $host ) ) {
				return $id;
			}
		}
		return '';
	}

	/**
	 * A template that sends a text.
	 *
	 * @param string $body   What is sent; `text` is the text.
	 * @param string $bold   What the service puts around bold words.
	 * @param string $filter Filters for values.
	 * @return array<string, string>
	 */
	private static function message( string $body, string $bold, string $filter = '' ): array {
		return array(
			'format'   => 'template',
			'template' => sprintf( self::TEXT, $bold, $filter ) . $body,
		);
	}

	/**
	 * A rate limit.
	 *
	 * @return array<string, string>
	 */
	private static function rate( int $count, string $per ): array {
		return array(
			'rate_limit' => (string) $count,
			'rate_per'   => $per,
		);
	}
}
