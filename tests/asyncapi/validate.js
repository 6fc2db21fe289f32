// docs/asyncapi.json against AsyncAPI's own parser, and its examples against its schemas.

import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const FORMAT = 'application/schema+json;version=draft-2020-12';
const file = new URL('../../docs/asyncapi.json', import.meta.url);
const text = await readFile(file, 'utf8');
const document = JSON.parse(text);

const ajv = addFormats(new Ajv2020({ strict: false, allErrors: false }));

async function faults(text) {
	const { diagnostics } = await new Parser().parse(text);
	return diagnostics.filter(({ severity }) => severity === 0).map(({ message, path }) => `${path.join('.')}: ${message}`);
}

let passed = 0;
let failed = 0;
function check(name, holds, why = '') {
	holds ? passed++ : failed++;
	if (!holds) console.log(`FAIL ${name}${why && `: ${why}`}`);
}

const found = await faults(text);
check('the document', found.length === 0, found.slice(0, 10).join('\n'));

// What the parser must not let pass, so that its silence says something.
const spoilt = {
	'a reference to nothing': (copy) => { copy.operations.send.channel.$ref = '#/channels/none'; },
	'an unknown field': (copy) => { copy.channels.webhook.adress = '/'; },
	'a document without a title': (copy) => { delete copy.info.title; },
};
for (const [name, spoil] of Object.entries(spoilt)) {
	const copy = structuredClone(document);
	spoil(copy);
	check(`${name} is refused`, (await faults(JSON.stringify(copy))).length > 0);
}

const outside = [...text.matchAll(/"\$ref": "([^"]*)"/g)].map(([, target]) => target).filter((target) => !target.startsWith('#/'));
check('references inside the document only', outside.length === 0, outside.join(', '));

/** Paths of all keys that a schema requires of a value. */
function required(schema, value, path = []) {
	const here = (schema.required ?? []).map((key) => [...path, key]);
	const below = Object.entries(schema.properties ?? {}).flatMap(([key, part]) =>
		value && typeof value === 'object' && key in value ? required(part, value[key], [...path, key]) : []);
	return [...here, ...below];
}

function without(value, [key, ...rest]) {
	const copy = Array.isArray(value) ? [...value] : { ...value };
	if (rest.length) copy[key] = without(copy[key], rest);
	else delete copy[key];
	return copy;
}

for (const [name, message] of Object.entries(document.components.messages)) {
	const { schemaFormat, schema } = message.payload;
	// The parser knows draft 7 only.
	check(`${name}: schema`, schemaFormat === FORMAT && ajv.validateSchema(schema), ajv.errorsText());
	check(`${name}: a schema that is none`, !ajv.validateSchema({ ...schema, properties: 5 }));
	check(`${name}: described`, message.name === name && message.summary && message.tags.length === 1 && message.examples.length > 0);
	// `$ref`s are those of the whole document.
	const validate = ajv.compile({ ...schema, components: { schemas: document.components.schemas } });
	for (const { payload } of message.examples) {
		const label = `${name} of ${payload.source}`;
		check(label, validate(payload), ajv.errorsText(validate.errors));
		const part = schema.oneOf?.find(({ title }) => title === payload.source) ?? schema;
		const keys = [document.components.schemas.envelope, { required: schema.required }, part].flatMap((some) => required(some, payload));
		check(`${label}: required keys`, keys.length > 6);
		for (const key of keys) {
			check(`${label} without ${key.join('.')}`, !validate(without(payload, key)));
		}
		check(`${label} of another source`, !validate({ ...payload, source: 'nobody' }));
		check(`${label} of another type`, !validate({ ...payload, type: 'nothing' }));
	}
}
console.log(`asyncapi: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
