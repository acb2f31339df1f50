"""The words of the demo's speech, written for it. A line is a turn; the speaker's index comes first."""

TIDES = """
0 Twice a day the harbour forgets what it is. In the morning it is a lake, and the boats ride high beside the wall as if someone had lifted them to look underneath. By noon it is a field of grey mud, with one thin river in the middle, and the same boats lean on their elbows and wait.
0 Nobody in the village owns a clock that matters. The shop opens when the water is out, because then the road across the flats is dry. The ferry leaves when the water is in, because otherwise it would be a bus. Children learn the tables of the tide before they learn the tables of multiplication, and with better reason.
0 Visitors ask whether it is not tiring to live by a timetable that slips fifty minutes every day. The old harbour master used to answer that it was the only honest timetable he had ever seen. It promised nothing about the weather, it was printed a year ahead, and in sixty years it had not once been late.
0 I think of him whenever a machine tells me that it is sorry for the delay. The sea is never sorry. It simply comes back, and brings the lake with it.
"""

MAPS = """
0 You said there would be a bridge here.
1 I said there was a bridge on the map. That is a different promise altogether.
0 How old is this thing? The paper is coming apart in my hands.
1 My grandmother bought it the summer she learned to drive. She added the good bakeries in red pencil, and crossed out every village where someone had been rude to her.
0 She crossed out most of the north.
1 She had strong opinions about the north.
0 And what does this mean, the little green star, with nothing around it for miles?
1 That is where the engine stopped. They had to spend the night in the car, and in the morning a farmer brought them coffee in a milk can. She said it was the best hotel on the whole journey.
0 So the map is wrong about the bridge, and out of date about the roads, but it does know where to find coffee.
1 Exactly. Now you understand how to read it. A perfect map would only tell you where things are. This one tells you where she was happy.
0 Then turn left at the star. We still have two hours of daylight, and I would like to meet that farmer's cow.
1 His granddaughter's cow, I should think. Mind the ditch.
"""

BEES = """
0 A beekeeper I know talks to her hives. She says it is an old custom: you must tell the bees when somebody in the house is born, or marries, or dies, and if you forget, they take offence and leave.
0 I asked her what they do with the news. She laughed, and said that they do what everyone does with news. They dance about it.
0 It is almost true. A bee who has found a lime tree in flower comes home and walks a figure of eight upon the comb, in the dark, in a crowd. The angle of her walk is the angle of the sun. The length of her trembling is the length of the road. Her sisters follow with their antennae on her back, and after a few turns they know enough to go there by themselves.
0 No bee has ever been seen to dance about a place that was only pleasant. There must be something in it for the others. Perhaps that is the difference between us. We will tell anybody, at any length, about a place where there was nothing to eat at all, provided that the light was beautiful.
"""

BROT = """
0 Am Abend, wenn die Küche still geworden ist, rührt mein Nachbar seinen Teig an. Er nimmt Mehl, Wasser, Salz und einen Löffel von jenem grauen Schaum, den er den Alten nennt. Der Alte wohnt im Kühlschrank und ist vierzehn Jahre alt.
0 Mehr braucht es nicht, sagt er, nur Zeit. Und Zeit ist die einzige Zutat, die man nicht kaufen kann. In der Nacht arbeitet der Teig für ihn. Er hebt das Tuch, er seufzt, er wirft Blasen wie ein kleiner Sumpf.
0 Um fünf Uhr früh höre ich durch die Wand, wie die Ofentür quietscht. Eine halbe Stunde später riecht das ganze Treppenhaus nach Rinde. Dann weiß ich, dass der Tag gelingen wird, denn vor jeder Wohnungstür liegt eine dicke, warme Scheibe in einer Papiertüte.
0 Einmal habe ich ihn gefragt, warum er das tut. Er dachte lange nach. Allein, sagte er schließlich, kann man ein ganzes Brot nur schneiden. Brechen kann man es erst zu zweit.
"""

NUAGES = """
0 Ma tante collectionnait les nuages. Elle ne les photographiait pas, car une photographie, disait-elle, les empêche de partir. Elle les notait dans un cahier à carreaux, avec l'heure, le vent, et une ressemblance.
0 Mardi, sept heures dix, vent d'ouest : un cheval qui a perdu ses papiers. Jeudi, midi, aucun vent : la moustache de mon père. Dimanche, seize heures : rien, mais un rien très bien fait.
0 Après sa mort, nous avons trouvé quarante et un cahiers dans l'armoire. Un savant de la ville est venu les lire. Il espérait y découvrir des preuves, des mesures, un climat. Il est reparti le soir, un peu gêné, en serrant le dernier volume contre son manteau. Ma cousine jure qu'il marchait le nez en l'air et qu'il a failli tomber dans la fontaine.
0 Il nous a écrit plus tard. Les chiffres ne valaient rien, avouait-il. Mais depuis cette lecture, il arrivait chaque matin en retard à son bureau, parce que le chemin passait sous le ciel. Il demandait aussi, à tout hasard, s'il nous restait un cahier vide.
"""

RELOJES = """
0 En la calle de los Plateros había un relojero que no tenía prisa. En su tienda vivían doscientos relojes, y no había dos que dijeran la misma hora. Los clientes se desesperaban. ¿Cuál es el bueno?, preguntaban.
0 Todos son buenos, respondía él, pero cada uno recuerda el momento en que alguien lo olvidó aquí. Aquel de pared espera a una viuda que salió a comprar pan. El de bolsillo pertenece a un músico que todavía no ha terminado su canción.
0 Una tarde de tormenta se fue la luz en todo el barrio. Las pantallas se apagaron, los teléfonos callaron, y la gente salió a los balcones sin saber si era tarde o temprano. Solo en la tienda seguía aquel rumor de doscientos corazones pequeños.
0 Los vecinos fueron entrando, uno tras otro, con velas. Nadie preguntó la hora. Se sentaron en el suelo a escuchar, y por primera vez en muchos años tuvieron tiempo.
"""

DOZHD = """
0 Осенью наш дом начинает разговаривать. Сначала отзывается крыша: она перебирает капли, как старушка перебирает пуговицы. Потом вступает водосточная труба, у неё низкий голос и плохие манеры. Последними просыпаются окна.
0 Мой дед умел слушать этот разговор. Он садился у печки, закрывал глаза и говорил: к утру похолодает. Или: дождь идёт с моря, а не из леса. Мы не верили и бежали смотреть на градусник. Градусник всегда соглашался с дедом. А если не соглашался сразу, то к вечеру непременно передумывал.
0 Теперь в доме живу я. У меня есть прогноз на десять дней, карта облаков и три приложения, которые спорят друг с другом. Но когда начинается дождь, я выключаю свет и сажусь на дедово место.
0 Пока что я понимаю только отдельные слова. Крыша говорит: не спеши. Труба говорит: я же предупреждала. А окна не говорят ничего, они просто плачут и улыбаются одновременно. Наверное, для этого языка нужно стареть не торопясь, год за годом, под одной и той же крышей.
"""

OUTSIDE_LIGHT = """
0 The lamp at the end of the pier has been electric for seventy years, yet the keeper still climbs the stairs every evening with a box of matches in his coat. He says that it is for the pipe he no longer smokes. I believe that it is for the lamp, in case it should ever change its mind.
0 There are ninety one steps. He counts them going up, never coming down.
"""

OUTSIDE_CAFFE = """
0 Il barista sotto casa conosce il mio umore prima di me. Se entro in silenzio, mi prepara un caffè corto e non dice niente. Se saluto per primo, aggiunge una battuta sul tempo. Ieri ho provato a ingannarlo: ho sorriso, ho parlato di calcio, ho perfino cantato. Lui mi ha guardato un attimo, ha posato la tazzina e ha detto: coraggio, domani è venerdì.
"""
