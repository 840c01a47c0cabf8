"""How people say that they want no more texts, beside the words that mean it by themselves. Dated data.

A text is compared word by word, without case, accents and punctuation (`engine.config.words.plain`): `|` stands where a
sentence ends, `,` where it pauses. A phrase is a linear-time pattern (RE2) over whole words:

    <w>      any word        <few>    up to three words       <end>     nothing but courtesies until the next pause
    <msg>    what is sent    <the>    any of these, your …    <full>    nothing but courtesies until the sentence ends
    <me>     who is texted                                    <begin>   nothing but courtesies since the last pause

CERTAIN phrases take consent back: any reasonable person would read them so, which is the rule of 47 CFR
64.1200(a)(10). UNSURE ones may: a person judges, and marketing waits. NEGATED and INNOCENT ones are taken out of a text
before it is read, the latter unless what follows is about texting. DOUBTFUL ones make what is certain unsure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

AS_OF = "2026-11-24"

SOURCES = (
    "https://www.ecfr.gov/current/title-47/section-64.1200",
    "https://www.braze.com/docs/user_guide/message_building_by_channel/sms/keywords/fuzzy_opt_out",
)


def words(text: str) -> frozenset[str]:
    """Gives the words of a text."""
    return frozenset(text.split())


COURTESIES = words(
    "please pls plz plss thanks thank thx tks ty you u so much very kindly hi hello hey dear sir madam mam now right "
    "but "
    "immediately asap just ok okay k yes yeah again already "
    "por favor gracias hola ya ahora porfavor porfa senor si svp sil merci bonjour bonsoir maintenant vous plait te il "
    "s "
    "oui bitte danke hallo jetzt sofort endlich ja obrigado obrigada ola agora sim grazie favore per ciao "
    "subito adesso buongiorno prego"
)
"""Words around a STOP that say nothing of their own."""

STRONG = words(
    "stop stopall unsubscribe unsub optout arret arrete arreter arretez desabonner desinscrire abmelden abbestellen "
    "austragen "
    "descadastrar disiscrivi disiscrivimi cancellami"
)
"""Words that mean STOP also with courtesies around them, or as one sentence among others."""

NO = words("no nope nao non nein")
"""What is a courtesy as well where it stands alone."""

WEAK = words(
    "cancel end quit revoke remove alto baja cancelar detener parar para pare sair ferma remover cancle cancell qiut "
    "stops stopped stp basta chega assez genug reicht resilier kundigen enough spam discontinue excluir"
)
"""Words that may be meant as STOP where a whole text is that and courtesies."""

# Tokens that can be nothing but STOP gone wrong are made in `revocation.py`; these are words of their own.
NEIGHBOURS_OF_STOP = words(
    "shop step slop top spot atop stoop sop strop stow swop stops stomp stout stoup estop tops post pots sto stp strap "
    "stab star stay stone store story stock stoop sloop snop scop"
)

MACROS: Mapping[str, str] = {
    "<w>": "[^ |,]+",
    "<few>": "(?:[^ |,]+ ){0,3}",
    "<end>": "(?:(?:<courtesy>) )*[|,]",
    "<full>": "(?:(?:<courtesy>) )*[|]",
    "<begin>": "[|,] (?:(?:<courtesy>) )*",
    "<me>": "(?:me|us|this number|this phone|this line|my number|my phone|my cell|my mobile|here)",
    "<msg>": (
        "(?:texts?|text messages?|texting|txts?|messages?|messaging|msgs?|sms|mms|notifications?|alerts?|spam|spams|"
        "promos?|promotions?|promotional messages?|ads|adverts|advertising|marketing|newsletters?|communications?)"
    ),
    "<thing>": (
        "(?:orders?|items?|sizes?|colou?rs?|address|times?|dates?|days?|drinks?|coffees?|foods?|meals?|pizzas?|flavou?rs?|"
        "products?|parcels?|packages?|deliver(?:y|ies)|box(?:es)?|bags?|prices?|amounts?|totals?|receipts?|bills?|"
        "invoices?|stores?|shops?|locations?|places?|tables?|seats?|links?|codes?|cards?|pages?|way|appointments?|"
        "bookings?|models?|parts?|keys?)"
    ),
    "<the>": (
        "(?:(?:any|these|those|the|all|your|my|more|anymore|so many|such|this|of|stupid|annoying|unwanted|junk|"
        "promotional|marketing|text|further|future|daily|fucking|damn|bloody|other|company|automated) ){0,4}"
    ),
    "<adv>": "(?:(?:please|just|fucking|ever|again|already|now|immediately|ur|your|with) ){0,3}",
    "<texting>": (
        "(?:texting|txting|textin|texing|txtin|messaging|messagin|msging|contacting|spamming|bothering|harassing|"
        "pestering|bugging|soliciting)"
    ),
    "<not>": "(?:dont|never|cant|wont|didnt|doesnt|couldnt|wouldnt|shouldnt|isnt|aint|not|havent|hasnt|nonstop|non)",
    "<mensajes>": (
        "(?:mensajes?|sms|textos?|mensajitos|publicidad|promociones|promos|notificaciones|avisos|alertas|spam|anuncios)"
    ),
    "<messages>": (
        "(?:messages?|sms|textos?|pubs?|publicites?|promos?|promotions|spams?|notifications|alertes|mails?|envois)"
    ),
    "<nachrichten>": (
        "(?:nachrichten|nachricht|sms|texte|werbung|werbe ?sms|mitteilungen|newsletter|angebote|benachrichtigungen|"
        "spam|mails|werbenachrichten)"
    ),
    "<mensagens>": (
        "(?:mensagens?|sms|torpedos?|propagandas?|publicidade|promocoes|notificacoes|avisos|alertas|spam|textos)"
    ),
    "<messaggi>": "(?:messaggi|messaggio|sms|pubblicita|promozioni|notifiche|avvisi|spam|mms|comunicazioni)",
}

CERTAIN: Mapping[str, Sequence[str]] = {
    "en": (
        "stop <adv><texting>",
        "(?:stop|quit|cease) <adv>(?:calling|writing|writing to|emailing|annoying|sending) (?:<me>|<end>)",
        "stop <adv>(?:sending|sendin|send|giving) (?:me |us )?(?:<the><msg>|these|those|stuff|crap|shit)",
        "stop (?:with )?<the><msg>",
        "<begin>no stop <end>",
        "<begin>stop (?:it|this|that|these|those|all|everything|now|already|here|me|forever|immediately|you|sending|"
        "(?:to|2) (?:end|quit|cancel|stop|opt out|unsubscribe)) <end>",
        "(?:said|told you|asked you|begged you|telling you|saying) (?:to )?stop <end>",
        "(?:<the>|it )<msg> (?:to|must|need to|needs to|have to|should|has to|better|gotta) stop",
        "(?:take|get|strike|cross) (?:me|us|my number|my name|my phone|this number|this) off (?:of )?(?:(?:your|ur|the|"
        "this|that|any|all) )?(?:<few>(?:list|lists|database|system|texts)|<end>)",
        "get off (?:this|your|the) <few>list",
        "(?:take|get|remove|delete) me out of (?:your|the|this) <few>(?:list|lists|system|group|database)",
        "(?:be|get) (?:removed|taken off|deleted|unsubscribed) (?:from |off )?<few>(?:list|lists|database|system|texts|"
        "messages)",
        "(?:delete|erase) (?:me|us) from <few>(?:list|lists|database|system|texts|messages|contacts)",
        "remove (?:me|us|my (?:number|name|phone|cell|contact|info)|my phone number|this (?:number|phone|phone "
        "number)) "
        "(?:from |off |of )?<few>(?:list|lists|database|system|texts?|messages?|messaging|sms|mailing|contacts|alerts|"
        "notifications|marketing)",
        "remove (?:me|us|my number|my name|my phone number|this number) <end>",
        "(?:delete|erase|lose|forget) (?:my|this) (?:number|phone number|cell|digits|contact)",
        "(?:dont|never) (?:please |ever |you ever )?(?:text|txt|message|msg|sms|contact|spam|bother|harass|write|"
        "write to|send anything to) <me>",
        "(?:dont|never) (?:please |ever )?send (?:me |us )?(?:<the><msg>|anything|this|these)",
        "(?:dont|never) (?:text|contact|message) (?:<end>|again|anymore)",
        "dont (?:text|call|contact|message) list",
        "no (?:more|further) <the><msg>",
        "unsub(?:scribe)?",
        "(?:dont|never) (?:authorize|authorise|permit|allow) <the><msg>",
        "(?:opt|opting) (?:me |us |this number )?out",
        "optout",
        "leave (?:me|us) (?:the hell |the fuck |tf )?alone",
        "(?:dont|not|no longer) (?:want|wish|care|need|consent|agree|wanna)(?: to| any)? (?:be |get |getting |receive "
        "|receiving |have |see )*(?:<the><msg>|contacted|texted|messaged|spammed|bothered)",
        "(?:dont|not|no longer|never) (?:want|wish|wanna|need)(?: to)? hear from (?:you|u|this)",
        "(?:dont|not|no longer) (?:want|wish)(?: to)? be on (?:this|your|the|any) <few>list",
        "(?:revoke|withdraw|rescind|retract|revoking|withdrawing) (?:my |all )*(?:consent|permission|opt in|optin|"
        "authorization|authorisation)",
        "(?:cancel|end|discontinue|terminate|disable|turn off|halt|cease|quit|block) <the>(?:texts?|text messages?|"
        "text alerts?|messages?|messaging|msgs?|sms|spam|notifications?|alerts?)",
        "(?:quit|cease) <adv><texting>",
        "cease and desist",
        "cease all <few>(?:communications?|contact)",
    ),
    "es": (
        "(?:deja|deje|dejen|dejad|dejar|deja ya|para|pare|paren|parar|parad) (?:ya )?de (?:enviar|enviarme|enviarnos|"
        "mandar|mandarme|mandarnos|escribir|escribirme|molestar|molestarme|contactar|contactarme|textear|textearme|"
        "spamear)",
        "no (?:me |nos )?(?:envie|envien|envies|enviar|enviarme|mande|manden|mandes|mandar|escriba|escriban|escribas|"
        "contacte|contacten|contactes|moleste|molesten|molestes|texteen|textees) (?:mas|nada|nunca|jamas|<few>"
        "<mensajes>|<end>)",
        "no (?:me |nos )?(?:vuelva|vuelvan|vuelvas) a (?:escribir|contactar|enviar|mandar|molestar|textear)",
        "(?:no|ya no) (?:quiero|deseo|queremos|necesito) (?:recibir )?(?:mas |estos |sus |tus |ningun |sus |de )*"
        "(?:<mensajes>|<few>de ustedes)",
        "no (?:quiero|deseo) (?:que me (?:escriban|contacten|envien|manden|molesten)|ser contactad[oa]|estar en (?:la|"
        "su|esta) lista)",
        "no mas <mensajes>",
        "ni un <mensajes> mas",
        "(?:quiteme|quitame|quitenme|saqueme|sacame|saquenme|borreme|borrame|borrenme|elimineme|eliminame|eliminenme|"
        "remuevame|remueveme|remuevanme) (?:<end>|de <few>(?:lista|listas|base|sistema))",
        "(?:borra|borre|borren|elimina|elimine|eliminen|quita|quite|quiten|saca|saque|saquen) mi (?:numero|telefono|"
        "nombre|contacto)",
        "(?:dar|darme|darnos|darse|deme|denme|dame|doy) de baja",
        "(?:cancelar|cancela|cancele|cancelen|detener|detenga|detengan|desactivar|desactiven) (?:los |estos |sus |tus |"
        "las |mis |todos )*<mensajes>",
        "(?:dejame|dejenme|dejeme|dejadme) (?:en paz|tranquil[oa])",
        "(?:alto|basta|stop) (?:a |con |de )?(?:los |estos |sus |tus |tantos )*<mensajes>",
        "(?:quiero |deseo )?(?:cancelar|anular) (?:mi |la )?suscripcion <few>(?:mensajes|sms|textos)",
        "(?:desuscribir|desuscribirme|desuscribanme|desuscribeme|desuscribame)",
    ),
    "fr": (
        "(?:arretez|arrete|arreter|cessez|cesse|cesser|stoppez|stopper|stop) (?:<w> )?(?:de |d )?(?:me |m |nous )?"
        "(?:envoyer|ecrire|contacter|harceler|spammer|texter|deranger|embeter|relancer|solliciter)",
        "(?:arretez|arrete|arreter|cessez|cesser|stoppez|stopper|stop) (?:(?:avec|les|vos|ces|tes|tous|toutes|la|le|l|"
        "de|aux|cette|votre|ce|envoi) )*<messages>",
        "arret (?:des |aux |de |les |vos )?<messages>",
        "stop (?:aux|a|avec|les|vos) (?:les |vos )?<messages>",
        "(?:ne |n |me |m |nous ){1,2}(?:envoyez|envoie|contactez|contacte|ecrivez|ecris|derangez|derange|textez|"
        "harcelez|"
        "sollicitez|recontactez) (?:<w> )?(?:plus|jamais) (?:de <messages>|rien|<end>|<few><end>)",
        "ne plus (?:me |m |nous |jamais |etre |en )*(?:recevoir|contacter|contactee?|envoyer|ecrire|deranger|"
        "solliciter|sollicitee?)",
        "(?:veux|souhaite|desire|voudrais|veut|voulons|souhaitons) (?:plus|pas|ne plus|ne pas) (?:(?:jamais|en|etre|de|"
        "vos|ces|tes|d) )*(?:recevoir|contactee?|sollicitee?|<messages>)",
        "<begin>plus (?:de|aucun|d) (?:vos |ces )?<messages> <end>",
        "(?:desabonnez|desabonne|desinscrivez|desinscris) (?:moi|nous)",
        "(?:me|m|nous|se) (?:desabonner|desinscrire)",
        "(?:retirez|retire|enlevez|enleve|supprimez|supprime|effacez|efface|rayez|raye|otez|sortez|virez) moi (?:<end>|"
        "<few>(?:liste|listes|fichier|fichiers|base|diffusion|repertoire|contacts))",
        "(?:supprimez|supprime|effacez|efface|enlevez|enleve|retirez|retire|oubliez|supprimer|retirer) mon (?:numero|"
        "contact|nom|telephone)",
        "(?:laissez|laisse|fichez|foutez|fiche|fous) moi (?:tranquille|la paix|en paix)",
        "(?:retire|revoque|retirer) mon (?:consentement|accord)",
    ),
    "de": (
        "(?:hor|hore|hort|horen sie|hoer|hoert|hoeren sie|aufhoren|aufhoeren) (?:(?:bitte|endlich|jetzt|sofort|damit) "
        ")*"
        "(?:auf )?(?:(?:mit|mir|mich|uns|diesen|diese|den|die|euren|ihren|der|weiter|bitte|dauernd|standig) ){0,4}"
        "(?:zu )?(?:<nachrichten>|schreiben|texten|senden|schicken|nerven|belastigen|kontaktieren)",
        "<begin>(?:hor|hort|horen sie|hoer|hoert|hoeren sie) (?:bitte |endlich |jetzt )*(?:damit )?auf <end>",
        "(?:mochte|will|wunsche|mochten|wollen|moechte|wuensche|brauche) (?:ab sofort |bitte |von ihnen |von euch |"
        "jetzt )?keine? (?:weiteren? |mehr )?<nachrichten>",
        "keine? (?:weiteren? )?<nachrichten> mehr",
        "keine weiteren? <nachrichten>",
        "<begin>keine? (?:mehr )?<nachrichten> <end>",
        "(?:schreib|schreibt|schreiben sie|schick|schicke|schickt|schicken sie|send|sende|sendet|senden sie|"
        "kontaktiere?|"
        "kontaktiert|kontaktieren sie|texte|textet|texten sie|belastigen sie|ruft|rufen sie) (?:mir|mich|uns) (?:bitte "
        "|doch )?(?:nicht mehr|nichts mehr|nie wieder|nie mehr|keine)",
        "(?:nicht|nie) (?:mehr|wieder) (?:an)?(?:kontaktieren|kontaktiert|schreiben|geschrieben|texten|senden|"
        "schicken)",
        "(?:nehmen sie|nehmt|nimm|streichen sie|streich|streiche|streicht|entfernen sie|entferne?|entfernt|losche?|"
        "loschen sie|loscht|loeschen sie|loescht|tragen sie|tragt|trag) (?:bitte )?(?:mich|uns|meine (?:nummer|"
        "telefonnummer|handynummer)) (?:<end>|<few>(?:<w> ){0,2}(?:liste|listen|verteiler|datenbank|system|aus|raus|"
        "heraus))",
        "(?:losche?|loschen sie|loscht|loeschen sie|entfernen sie|entferne|entfernt) (?:bitte )?meine (?:nummer|"
        "telefonnummer|handynummer)",
        "meine (?:nummer|telefonnummer|handynummer) (?:bitte )?(?:aus <few>)?(?:loschen|loeschen|entfernen|streichen)",
        "(?:aus|von) (?:dem|der|ihrer|eurer|diesem|ihrem|eurem) (?:verteiler|liste|sms liste) (?:nehmen|streichen|"
        "loschen|entfernen|austragen|abmelden)",
        "(?:mich|uns|nummer|sms|newsletter|werbung|nachrichten|dienst|hiermit|alles) (?:<w> ){0,2}(?:abmelden|"
        "abbestellen|austragen|abzumelden|abzubestellen)",
        "(?:melde|melden sie|meldet) (?:mich|uns) (?:bitte |hiermit |hier )*ab",
        "(?:bestelle|bestellen sie) (?:<few>)(?:sms|newsletter|nachrichten|werbung) ab",
        "(?:lassen sie|lasst|lass) (?:mich|uns) (?:bitte |endlich |doch )*in ruhe",
        "(?:raus|austragen) aus (?:dem|der|eurem|ihrem|eurer|ihrer) (?:verteiler|liste|sms liste)",
        "weg mit (?:den|dem|der|diesen) <nachrichten>",
        "mich (?:bitte )?(?:loschen|loeschen|austragen)",
        "(?:widerrufe|widerrufen) (?:hiermit )?(?:meine |die )?(?:einwilligung|zustimmung|erlaubnis)",
        "stopp? (?:mit )?(?:den |der |diese[nr]? |die |eure[nr]? |ihre[nr]? )?<nachrichten>",
    ),
    "pt": (
        "(?:pare|parem|para|parar|deixe|deixem|deixa) de (?:me |nos )?(?:enviar|mandar|escrever|contatar|contactar|"
        "incomodar|perturbar|importunar)",
        "nao (?:me |nos )?(?:envie|enviem|envies|enviar|mande|mandem|mandes|mandar|escreva|escrevam|contate|contatem|"
        "contacte|contactem|perturbe|perturbem|incomode|incomodem) (?:me )?(?:mais|nada|nunca|<few><mensagens>|<end>)",
        "nao (?:quero|desejo|queremos|pretendo) (?:mais )?(?:receber )?(?:mais |essas |estas |suas |vossas |nenhuma |"
        "de "
        "|as |os )*<mensagens>",
        "nao (?:quero|desejo) (?:mais )?(?:ser contatad[oa]|ser contactad[oa]|que me (?:enviem|mandem|contatem|"
        "contactem|escrevam)|estar n[ao] lista)",
        "(?:chega|basta|sem mais|nada) (?:de |com |mais )?(?:essas |estas |mais |as |os )?<mensagens>",
        "(?:me )?(?:tire|tirem|tira|retire|retirem|remova|removam|exclua|excluam|apague|apaguem|elimine|eliminem)"
        "(?: me)? (?:<end>|d[aoe]s? <few>(?:lista|listas|base|cadastro|sistema|grupo)|dess[ae] <few>lista|dest[ae] "
        "<few>lista)",
        "(?:remova|removam|apague|apaguem|exclua|excluam|tire|tirem|retire|retirem|elimine|delete|deletem) (?:o )?meu "
        "(?:numero|telefone|contato|contacto|nome)",
        "(?:descadastrar|descadastre|descadastrem|descadastra)",
        "(?:cancelar|cancele|cancelem|cancela|parar) (?:as |essas |estas |os |esses |minhas |todas )*(?:mensagens|sms|"
        "torpedos|notificacoes|alertas)",
        "cancelar (?:a )?(?:minha )?(?:inscricao|subscricao)",
        "(?:pare|parem|para) com (?:isso|isto|essas|as) (?:<w> )?<end>",
        "(?:me deix[ae]m?|deix[ae]m? me) em paz",
    ),
    "it": (
        "(?:smetti|smetta|smettete|smettetela|smettila|smetterla|smettere|finitela|finiscila|piantatela|piantala|"
        "cessate|"
        "basta) (?:<w> )?(?:di |con )?(?:mandarmi|inviarmi|scrivermi|mandare|inviare|scrivere|contattarmi|disturbarmi|"
        "mandarci|scriverci|<messaggi>)",
        "basta (?:con |a |coi )?(?:questi |quest[ae] |i |gli |le |la |tutti )*<messaggi>",
        "stop (?:alle|ai|agli|con|i|le|a) (?:i |le |queste |questi )?<messaggi>",
        "non (?:mi |ci )?(?:mandate|mandare|mandi|inviate|inviare|invii|scrivete|scrivere|scriva|contattate|contattare|"
        "contatti|disturbate|disturbare|mandatemi|inviatemi|scrivetemi|contattatemi|contattarmi|scrivermi|mandarmi|"
        "inviarmi|scrivetemi|mandateci) (?:piu|mai|nulla|niente|<few><messaggi>|<end>)",
        "non (?:voglio|desidero|vogliamo|intendo) (?:piu )?(?:ricevere |avere )?(?:piu |altri |altre |questi |i |"
        "vostri |"
        "vostre |tuoi |nessun |le |la |di )*<messaggi>",
        "non (?:voglio|desidero) (?:piu )?(?:essere contattat[oa]|riceverne|stare nella lista|essere disturbat[oa])",
        "(?:toglimi|toglietemi|toglietimi|rimuovimi|rimuovetemi|cancellami|cancellatemi|eliminami|eliminatemi|levatemi|"
        "levami|mi tolga|mi rimuova|mi cancelli|mi elimini) (?:<end>|<few>(?:lista|liste|elenco|mailing|rubrica|"
        "database|contatti))",
        "(?:cancella|cancellate|cancelli|rimuovi|rimuovete|eliminate|elimina|togliete|togli) (?:il )?mio (?:numero|"
        "contatto|nome)",
        "(?:disiscrivermi|disiscrivetemi|disiscrivo|disiscrivimi|disiscrivi|disiscrizione|disiscrivere)",
        "annulla(?:re|te)? (?:l |la mia |mia )*iscrizione",
        "(?:lasciatemi|lasciami|mi lasci|lasciateci) (?:in pace|stare)",
        "(?:niente|mai|nessun) (?:piu |altri |altro )?<messaggi>",
        "revoco (?:il |la )?(?:mio |mia )?(?:consenso|autorizzazione)",
        "(?:disattiva|disattivate|disattivare|bloccate|fermate|ferma) (?:i |gli |questi |le )*<messaggi>",
    ),
}
