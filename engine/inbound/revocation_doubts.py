"""What looks like a STOP and may be none: phrases for a person to judge, and phrases that mean something else.

Written as in `revocation_phrases.py`, which says what each group is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

UNSURE: Mapping[str, Sequence[str]] = {
    "en": (
        "<begin>stop <w>",
        "(?:can|could|will|would) you (?:please |just |guys )*stop",
        "(?:make|making) (?:this|it|them|these) stop",
        "(?:need|needs|must|has|have|got|gotta|want|wish) (?:you |this |it |these |them |that |u )?(?:to )?stop <end>",
        "<w> please stop <end>",
        "you keep (?:<texting>|sending)",
        "<msg> are (?:annoying|spam|too much|unwanted|harassment)",
        "(?:dont|no longer) (?:want|need|like) (?:it|this|these|that|them|any|any more|anymore|those|your <msg>|"
        "these <msg>) (?:any more |anymore )?<end>",
        "(?:dont|not) like (?:the|these|your|getting) <few><msg>",
        "stop (?:it |this |that |already )?<full>",
        "<begin>(?:no|please no) more <end>",
        "<begin>no (?:texts?|txts?|messages|msgs|sms) <end>",
        "(?:dont|never) (?:call|email|write) (?:me|us|here) (?:<full>|again|anymore)",
        "(?:do not|dont|not) want(?:ed)? <full>",
        "(?:i want out|i m out|im out|i quit) <end>",
        "(?:delete|erase) (?:me|us) <end>",
        "(?:dont|no longer) (?:need|use) (?:your|this|these) <few>(?:service|services)",
        "not (?:my|the right) (?:number|phone)",
        "not interested (?:<end>|remove|in (?:your|this|these|any|receiving|getting|it|texts|messages))",
        "no (?:interest|longer interested)",
        "no longer (?:at|has|have|own|owns|use|uses) this (?:number|phone)",
        "never gave (?:you|anyone|anybody) (?:my |any )?(?:permission|consent|number)",
        "(?:wrong|incorrect) (?:number|person)",
        "this is (?:not|the wrong|a wrong) <w>",
        "(?:you have|you ve got|you got) (?:the|a) wrong <w>",
        "(?:go away|get lost|piss off|fuck off|fuck you|f off|bugger off|shut up|stfu|back off|eff off)",
        "enough (?:already|is enough|with|of)",
        "(?:this is|its|it s|you are|you re|considered) (?:spam|harassment|harassing|a scam)",
        "(?:block|blocked|blocking|report|reported|reporting) (?:you|this number|this as spam|u|as spam|your number)",
        "(?:tcpa|fcc complaint|cease|lawyer|attorney)",
        "(?:never|didnt|dont remember) (?:sign|signed|sign up|signing|subscribe|subscribed|subscribing|ask|asked|agree|"
        "agreed|opt|opted|consent|consented)",
        "(?:cancel|end|delete|close|terminate) (?:my |the |this )?(?:subscription|membership|account|plan)",
        "(?:opt|opting) out of",
        "take (?:me|my name|my number|us) off",
        "remove (?:me|my name|my number|us)",
        "do(?:nt)? not? disturb",
        "dont disturb",
        "no more (?:offers|deals|discounts|emails|mails|of this|of these)",
        "too (?:many|much) <msg>",
        "(?:annoying|sick of|tired of|fed up with) (?:<the><msg>|this|you|these|your)",
        "less <msg>",
        "(?:text|texted|texting|reply|replied|type|typed|send|sent|said) stop",
        "(?:unsubscribed|opted out)",
    ),
    "es": (
        "<begin>(?:basta|basta ya|ya basta|para|paren|deja|dejen) <end>",
        "<begin>(?:no mas|ya no|ya no mas|nunca mas) <end>",
        "no (?:me |nos )?interesa",
        "no estoy interesad[oa]",
        "(?:numero|persona|telefono) (?:equivocad[oa]|incorrect[oa])",
        "(?:cancelar|cancela|anular|cancele|cancelen) (?:mi |la |el )?(?:suscripcion|cuenta|membresia|plan|servicio)",
        "no (?:lo|los|las) quiero(?: mas)? <end>",
        "no quiero (?:mas|esto|nada) <end>",
        "(?:demasiados|muchos) <mensajes>",
        "(?:esto es|es) (?:spam|acoso)",
        "(?:los voy a|voy a) (?:bloquear|denunciar|reportar)",
        "<w> (?:basta|paren) <end>",
        "no me (?:molesten|molestes|moleste|llamen|llames)",
    ),
    "fr": (
        "<begin>plus (?:rien|jamais) <end>",
        "pas interessee?s?",
        "(?:mauvais|faux) numero",
        "(?:trompez|trompe|erreur) de (?:numero|personne)",
        "(?:ca suffit|ca suffit|y en a marre|j en ai marre|assez de)",
        "(?:resilier|annuler|supprimer) (?:mon |l |cet )?(?:abonnement|compte|inscription)",
        "(?:trop de) <messages>",
        "(?:c est du|c est) (?:spam|harcelement)",
        "je (?:vais )?(?:vous |te )?(?:bloquer|bloque|signaler|signale)",
        "(?:pouvez vous|tu peux|merci d|merci de) arreter",
        "<begin>(?:arretez|arrete|cessez|stop) <w>",
        "(?:veux|souhaite) (?:plus|pas) (?:ca|cela) <end>",
        "je (?:n )?en veux (?:plus|pas) <end>",
    ),
    "de": (
        "(?:kein interesse|nicht interessiert|interessiert mich nicht)",
        "<begin>(?:nie wieder|streichen|nicht mehr) <end>",
        "(?:falsche|verkehrte) (?:nummer|person)",
        "(?:verwahlt|verwaehlt)",
        "(?:es reicht|jetzt reicht|reicht jetzt|mir reicht)",
        "(?:zu viele|zuviele) <nachrichten>",
        "(?:das ist|ist das) (?:spam|belastigung|belaestigung)",
        "(?:blockiere|melde) (?:euch|sie|dich|diese nummer)",
        "(?:abo|abonnement|mitgliedschaft|konto) (?:kundigen|kuendigen|loschen|beenden|abbestellen)",
        "(?:will|mochte|brauche) (?:das|es|die|dies) nicht(?: mehr)? <end>",
        "(?:nervt|nervig|nerven)",
        "(?:konnt ihr|konnen sie|kannst du|koennt ihr|koennen sie) (?:bitte |das |damit |endlich )*(?:aufhoren|"
        "aufhoeren|lassen|stoppen)",
        "<begin>stopp <w>",
        "<begin>hor(?:t|en sie)? (?:<few>)?auf",
        "(?:kurs|termin|training|schule|kind|veranstaltung|sohn|tochter) <few>(?:abmelden|abzumelden)",
    ),
    "pt": (
        "<begin>(?:basta|chega|para|parem) <end>",
        "(?:nao tenho|sem) interesse",
        "nao (?:me interessa|estou interessad[oa])",
        "numero errado",
        "(?:engano|enganou se) <few>numero",
        "(?:cancelar|cancele|cancela|encerrar) (?:a |o |minha |meu )*(?:assinatura|conta|plano)",
        "(?:muitas|demasiadas|tantas) <mensagens>",
        "(?:isso|isto) e (?:spam|assedio)",
        "(?:vou) (?:bloquear|denunciar)",
        "nao quero (?:isso|isto|mais|mais isso|nada) <end>",
    ),
    "it": (
        "<begin>(?:basta|ora basta|adesso basta|smettila|smettetela) <end>",
        "<begin>basta cosi <full>",
        "<begin>(?:mai piu|non piu) <end>",
        "non (?:mi interessa|sono interessat[oa]|siamo interessati)",
        "(?:numero sbagliato|sbagliato numero|sbagliato persona|persona sbagliata)",
        "(?:cancellare|annullare|disdire|chiudere) (?:il |la |l |mio |mia )*(?:abbonamento|account|contratto)",
        "(?:troppi|troppe) <messaggi>",
        "(?:questo e) (?:spam|molestia)",
        "(?:vi|ti) (?:blocco|segnalo|denuncio)",
        "non (?:lo |li |la |ne )?voglio(?: piu)?(?: questo| nulla| niente)? <end>",
    ),
}

NEGATED: Sequence[str] = (
    "<not> (?:ever |even |you |you ever |just |really |quite |please )?stop(?: (?:<texting>|sending)(?: me| us)?)?",
    "<not> (?:want|wanna|need|have|going|gonna|like|plan|ask|asked|mean|meant|say|said|supposed|able|trying|allowed) "
    "(?:(?:you|it|this|these|that|them|him|her|us|me|the <w>|your <w>|my <w>) )?(?:to )?stop"
    "(?: (?:<texting>|sending)(?: me| us)?)?",
    "<not> let (?:<w> ){1,2}stop",
    "<not> (?:want to |wish to |mean to |meant to |trying to |ever |please |going to |gonna |yet |have to |need to )*"
    "(?:unsubscribe|opt out|optout|be unsubscribed|opt me out)",
    "(?:dont|never|not) (?:want you to |you dare )?(?:take|remove|delete) (?:me|my number|my name)(?: off| from)?",
    "(?:dont|never|wont|cant) leave (?:me|us) alone",
    "(?:you|they|he|she|we|who|nobody|people|i|and|but you|if you|when you) (?:dont|never|didnt|doesnt) (?:ever )?"
    "(?:text|txt|message|msg|contact|call|write|email|bother|send)(?: (?:me|us|here|to me))?",
    "no (?:pare|paren|pares|parar|dejes|dejen|deje|dejar)(?: de <w>)?",
    "no (?:me |nos )?(?:de|des|den|di|quiero|doy) (?:darme )?de baja",
    "(?:n )?(?:arretez|arrete|arreter|cessez|cesse|stoppez) (?:pas|jamais)(?: de (?:m |me )?<w>)?",
    "(?:pas|jamais|peux plus|impossible d|impossible de|peux pas m|peut pas m) (?:m |s )?(?:arreter|cesser|stopper)",
    "(?:pas|jamais) (?:me |m )?(?:desabonner|desinscrire|desabonnez moi)",
    "ne (?:me |m )?(?:desabonnez|desinscrivez|retirez|supprimez|enlevez)(?: moi)? pas",
    "(?:nicht|nie|niemals) (?:<w> )?(?:aufhoren|aufhoeren|stoppen|abmelden|abbestellen|austragen)",
    "(?:hor|hort|hore|horen sie|hoer|hoert) (?:bitte |jetzt |bloss )?(?:nicht|nie|niemals) auf",
    "(?:melde|meldet|melden sie) mich (?:bitte |noch )*nicht ab",
    "nao (?:pare|parem|para|parar|paro|deixe|deixem|deixa)(?: de <w>)?",
    "nao (?:me )?(?:remova|tire|descadastre|exclua|retire|apague)m?(?: d[ao] <w>)?",
    "non (?:smettere|smettete|smetta|smetto|smetti|fermarti|fermatevi|fermate|toglietemi|cancellatemi|toglimi)"
    "(?: di <w>| mai di <w>)?",
    "non (?:riesco|posso|voglio) (?:piu )?(?:a )?(?:smettere|fermarmi|disiscrivermi)(?: di <w>)?",
)

INNOCENT: Sequence[str] = (
    "(?:bus|train|tram|metro|subway|next|last|first|second|third|final|truck|rest|pit|one|the|a|my|our|each|every|"
    "which|what|short|full|door|back|tour|quick|another|two|three|extra|whistle|your|non|right|correct|closest|nearest|"
    "only|\\d+) stops?",
    "stop (?:by|in|at|on|over|off|near|along|around|sign|signs|light|lights|watch|gap|motion|loss|there|where|before|"
    "until|between|making|serving|carrying|doing|taking|accepting|working|running|being|worrying|"
    "laughing|crying|smiling|thinking|loving|eating|drinking|playing|going|coming|talking|raining|singing|dancing|"
    "smoking|snowing|staring|wearing|using|buying|having|growing|trying|saying|it from|him|her|them|if|or|bleeding|"
    "as|into|outside|inside|up|down)",
    "stop for (?:lunch|dinner|coffee|gas|breakfast|a|an|the|me|us|food|drinks)",
    "stop and (?:say|think|smell|go|get|pick|chat|look|drop|grab|eat|see|start|shop|frisk|search)",
    "stop (?:the|my|our|this|that|a|all|an) (?:order|orders|delivery|deliveries|booking|appointment|reservation|"
    "car|bus|train|music|presses|clock|count|war|leak|bleeding|noise|rain|car wash|shipment|service|"
    "machine|engine|show|party|press|madness|cheque|check|card)",
    "stop payments?",
    "(?:the|a|my|our|your) (?:wrong|incorrect) <thing>",
    "this is not (?:what|how|right|correct|true|good|ok|okay|fair|great|fresh|hot|cold|mine|enough|working|possible|"
    "the (?:right )?<thing>|my <thing>)",
    "arretez vous",
    "opt in or opt out",
    "stop (?:texting|messaging) (?:and|while|when|in|at|each other)",
    "(?:when|where|what time|do|does|did|how long|how often|why does|why do) (?:<w> ){1,4}stop",
    "(?:have|had|get|got|getting|gotten|received|see|seeing|there are|theres|there s|are there|is there|why|with|"
    "send|sends|see|saw|run out of|cost) no more <w>(?: <w>)?",
    "no more <msg> (?:for )?(?:today|tonight|until|till|left|than|before|after|this week)",
    "(?:arret|l arret|un arret|cet arret|mon arret|prochain arret) (?:de |du |d |des )?(?:bus|tram|tramway|metro|"
    "travail|"
    "maladie|autobus|car|train)",
    "(?:habe|hab|haben|bekomme|bekommen wir|erhalte|kriege|warum|wieso|kam|kommen|kamen) (?:<w> ){0,3}keine? "
    "(?:weiteren? "
    ")?<nachrichten>(?: mehr)?(?: (?:bekommen|erhalten|gekriegt))?",
    "no (?:he recibido|recibo|recibi|me han enviado|me enviaron|me llegan|llegan|tengo) (?:mas |ningun |los |sus "
    ")*<mensajes>",
    "nao (?:recebi|recebo|estou recebendo|tenho recebido|chegam|tenho) (?:mais |nenhuma |as )*<mensagens>",
    "non (?:ho ricevuto|ricevo|mi arrivano|arrivano|ho) (?:piu |altri |i |nessun )*<messaggi>",
    "(?:recois|recu|recevons|ai|avons) (?:plus|pas|aucun) (?:de |vos |d )*<messages>",
    "de baja (?:calidad|velocidad|estatura|intensidad|por enfermedad|laboral|medica)",
)

DOUBTFUL: Sequence[str] = (
    "(?:he|she|they|mom|dad|someone|somebody|everyone|boyfriend|girlfriend|husband|wife|boss|friend|ex|guy|who|kids) "
    "(?:<w> ){0,4}(?:stop|unsubscribe|leave me alone)",
    "stop (?:texting|messaging|contacting) (?:him|her|them|people|my (?:wife|husband|mom|mother|dad|father|son|"
    "daughter|"
    "kids?|boyfriend|girlfriend|friends?|ex|brother|sister|boss|parents))",
    "(?:tell|told|ask|asked) (?:him|her|them|my <w>) (?:<w> ){0,3}(?:stop|leave me alone|unsubscribe)",
    "(?:what happens|what if|should i|if i|do i have to|do i need to|can i still|will i still|how would i) (?:<w> "
    "){0,6}"
    "(?:stop|unsubscribe|opt out)",
    "(?:did|have) (?:i|you|we) (?:<w> ){0,3}(?:unsubscribe|opt out)",
    "(?:guest|waiting|wait|wish|shopping|invite|invitation|standby|party|team|price|gift|to do|contact you|call) list",
    "(?:dont|never) (?:text|txt|message|call|contact|bother|email|write) (?:me|us) (?:back )?(?:at|after|before|until|"
    "till|til|while|when|during|in the|on|so|this|too|tonight|today|tomorrow|right|now|if|unless|because|between|past|"
    "about|back)",
    "(?:opt|opting) (?:me |us )?out of (?:the|my|a|an|extra|insurance|paperless|my plan)? ?(?:delivery|insurance|extra|"
    "warranty|protection|tip|tips|whipped|cream|sugar|auto|coverage|plan|receipt|receipts|trial|paper|packaging)",
    "unsubscribe (?:from|me from) (?:(?:the|your|my) )?(?:emails?|mails?|email list|premium|plan|box|netflix|youtube)",
    "(?:dont|not) want (?:<w> ){0,2}(?:messages?|texts?|notifications?|alerts?) (?:about|for|regarding|before|after|"
    "during|at|from my)",
    "(?:liste|lista) (?:d attente|d invites|de espera|de invitados|d attesa|degli invitati|dos convidados|de compras)",
    "(?:warteliste|gasteliste|einkaufsliste|wunschliste)",
    "(?:kurs|termin|training|schule|veranstaltung|sohn|tochter|kita|prufung) (?:<w> ){0,3}(?:abmelden|abzumelden|"
    "abbestellen)",
    "(?:cancel|end|discontinue|terminate|disable|turn off|block) (?:<w> ){0,3}(?:alerts?|notifications?|messages?|"
    "texts?) "
    "(?:about|for|regarding|on my (?:order|flight|app))",
)
