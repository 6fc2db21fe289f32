<?php
return ['project-id-version'=>'Network Webhooks','po-revision-date'=>'2026-11-21 15:19+0000','last-translator'=>'Automatically generated','language-team'=>'none','language'=>'nl','mime-version'=>'1.0','content-type'=>'text/plain; charset=UTF-8','content-transfer-encoding'=>'8bit','x-domain'=>'network-webhooks','plural-forms'=>'nplurals=2; plural=(n != 1);','messages'=>[]];
