--TEST--
The stub says what Reflection says, both ways
--INI--
webhooks.spool={TMP}/webhooks-901
--FILE--
<?php
// The stub is PHP: loaded under other names, it can be reflected as well.
$stub = file_get_contents(dirname(__DIR__, 2) . '/stubs/webhooks.stub.php');
$renamed = str_replace(['namespace Webhooks {', "namespace {\n", 'class Exception extends', 'function webhooks_'], ['namespace Stub {', "namespace Stub {\n", 'class Exception extends', 'function webhooks_'], $stub, $count);
eval(substr($renamed, strlen('<?php')));

function type(?ReflectionType $type): string
{
    if (null === $type) {
        return 'none';
    }
    $names = $type instanceof ReflectionUnionType ? array_map(strval(...), $type->getTypes()) : [(string) $type];
    sort($names);
    return implode('|', $names);
}

function signature(ReflectionFunction $function): string
{
    $parameters = array_map(
        fn (ReflectionParameter $parameter) => type($parameter->getType()) . ($parameter->isPassedByReference() ? ' &' : ' ')
            . ($parameter->isVariadic() ? '...' : '') . '$' . $parameter->getName()
            . ($parameter->isOptional() ? ' = ' . var_export($parameter->getDefaultValue(), true) : ''),
        $function->getParameters()
    );
    return '(' . implode(', ', $parameters) . '): ' . type($function->getReturnType()) . ($function->returnsReference() ? ' &' : '');
}

$extension = new ReflectionExtension('webhooks');
$ours = array_map(signature(...), $extension->getFunctions());
$stubs = [];
foreach (get_defined_functions()['user'] as $name) {
    if (str_starts_with($name, 'stub\\')) {
        $stubs[substr($name, 5)] = signature(new ReflectionFunction($name));
    }
}
ksort($ours);
ksort($stubs);
foreach ($ours + $stubs as $name => $_) {
    if (($ours[$name] ?? 'missing') !== ($stubs[$name] ?? 'missing')) {
        echo $name, "\n  extension: ", $ours[$name] ?? 'missing', "\n  stub:      ", $stubs[$name] ?? 'missing', "\n";
    }
}
echo count($ours), " functions\n";

// Classes.
$class = new ReflectionClass('Webhooks\Exception');
$stub = new ReflectionClass('Stub\Exception');
var_dump($extension->getClassNames(), $class->getParentClass()->name === $stub->getParentClass()->name, $class->getModifiers() === $stub->getModifiers());
$members = fn (ReflectionClass $class) => array_filter([...$class->getMethods(), ...$class->getProperties(), ...$class->getReflectionConstants()], fn ($member) => $member->class === $class->name);
var_dump($members($class), $members($stub), $extension->getConstants());

// Settings: the stub's table.
$stub = file_get_contents(dirname(__DIR__, 2) . '/stubs/webhooks.stub.php');
preg_match_all('/^ \* \| `(webhooks\.\w+)` +\| (?:`(.*?)`|\(empty\)) +\|/m', $stub, $rows, PREG_SET_ORDER);
$documented = array_map(fn ($row) => $row[2] ?? '', array_column($rows, null, 1));
$defaults = json_decode(shell_exec(sprintf('%s -n -d extension=%s -r %s', escapeshellarg(PHP_BINARY), escapeshellarg(getenv('WEBHOOKS_EXTENSION')), escapeshellarg('echo json_encode(ini_get_all("webhooks", false));'))), true);
ksort($documented);
ksort($defaults);
var_dump($documented === $defaults, count($defaults));
?>
--EXPECT--
33 functions
array(1) {
  [0]=>
  string(18) "Webhooks\Exception"
}
bool(true)
bool(true)
array(0) {
}
array(0) {
}
array(0) {
}
bool(true)
int(10)
