//! Names to make people of. A name that is not in Latin letters stands with the spellings that its bearers use in
//! them, which are not those that a table of letters gives.

/// Names of one tongue.
pub struct Tongue {
    pub country: &'static str,
    /// Given names; of a foreign script as `Дмитрий=Dmitry/Dmitri`.
    pub given: &'static str,
    /// Family names that are common.
    pub family: &'static str,
    /// Beginnings and ends of family names that are rare.
    pub starts: &'static str,
    pub ends: &'static str,
    /// Beginnings and ends of given names that are rare.
    pub given_starts: &'static str,
    pub given_ends: &'static str,
    pub family_first: bool,
    pub towns: &'static str,
    pub streets: &'static str,
    pub forms: &'static str,
}

pub const TONGUES: &[Tongue] = &[
    Tongue {
        country: "US",
        given: "James Mary Robert Patricia John Jennifer Michael Linda William Elizabeth David Barbara Richard Susan Joseph \
            Jessica Thomas Sarah Christopher Karen Charles Nancy Daniel Lisa Matthew Betty Anthony Margaret Mark Sandra Donald \
            Ashley Steven Kimberly Andrew Emily Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George \
            Deborah Timothy Stephanie Ronald Rebecca Jason Laura Edward Helen Jeffrey Sharon Ryan Cynthia Jacob Kathleen Gary \
            Amy Nicholas Angela Eric Shirley Jonathan Brenda Stephen Emma Larry Anna Justin Pamela Scott Nicole Brandon \
            Samantha Benjamin Katherine Samuel Christine Gregory Debra Alexander Rachel Patrick Carolyn Frank Janet Raymond \
            Maria Jack Olivia Dennis Heather Jerry Julie Tyler Catherine Aaron Victoria",
        family: "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Wilson Anderson Thomas Taylor Moore Jackson \
            Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams \
            Nelson Baker Hall Campbell Mitchell Carter Roberts Turner Phillips Parker Evans Edwards Collins Stewart Morris",
        starts: "Ash Bad Bark Black Brad Brink Bur Cald Carl Chat Clay Cole Crow Dal Dray Ed Ells Fair Far Gar Glad Had Hal \
            Hart Hol Hub Kend Kirk Lang Law Lin Mar Mel Nor Oak Pem Pres Rad Red Rock Ros Rush Shel Sher Stan Stock Suth Tal \
            Thorn Wal War Wes Whit Win Wood",
        ends: "berry bridge brook burn bury by cott dale den feld field ford gate grave ham hurst land ley low man mere more \
            shaw son stead stone ton wick wood worth",
        given_starts: "",
        given_ends: "",
        family_first: false,
        towns: "Springfield Riverside Fairview Georgetown Salem Madison Clinton Arlington",
        streets: "Main_Street Oak_Avenue Maple_Street Park_Road Cedar_Lane Washington_Boulevard Lake_Drive Hill_Street",
        forms: "Inc. LLC Corp. Corporation Co. Ltd",
    },
    Tongue {
        country: "DE",
        given: "Thomas Michael Andreas Peter Stefan Christian Hans Klaus Wolfgang Jürgen Markus Sabine Susanne Petra Monika \
            Ursula Andrea Claudia Birgit Karin Heike Jörg Uwe Matthias Frank Bernd Katrin Anja Silke Martina Lukas Leonie \
            Felix Mareike Tobias Friederike Sören Götz Günther Ingrid Alexander Katharina Johannes Friedrich",
        family: "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein \
            Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Krause Lehmann Köhler",
        starts: "Acker Alten Baum Berg Birken Brand Buch Dorn Eichen Eisen Falken Feld Grün Haber Hasel Heiden Hirsch Holz Hopf \
            Kirch König Korn Kram Linden Loh Mühl Nuss Ober Reh Rosen Sand Schön Stein Sturm Tannen Unter Wald Wein Wies Ziegen",
        ends: "acker auer bach bauer berger brink dorf feld gruber hagen hauser heimer hofer huber kamp leitner mann meier müller \
            rath reuter schmidt stätter straßer thaler wald weiler",
        given_starts: "",
        given_ends: "",
        family_first: false,
        towns: "Berlin Hamburg Köln Leipzig Bremen Kassel",
        streets: "Hauptstraße Bahnhofstraße Gartenstraße Schillerstraße Lindenweg Bergstraße Kirchstraße Ringstraße",
        forms: "GmbH AG KG GmbH_&_Co._KG UG",
    },
    Tongue {
        country: "FR",
        given: "Jean Marie Pierre Nathalie Michel Isabelle André Sylvie Philippe Catherine Alain Martine Bernard Christine \
            François Françoise Jacques Valérie Nicolas Sandrine Étienne Céline Frédéric Hélène Guillaume Amélie Benoît Zoé \
            Gérard Stéphane Élodie Rémi Agnès Thérèse Olivier Clément",
        family: "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia \
            David Bertrand Roux Vincent Fournier Morel Girard André Mercier Dupont Lambert Bonnet François",
        starts: "Beau Bel Bois Bon Bour Brun Cas Char Chau Cler Cour Dela Des Dum Fon Gau Gran Haut Jol Lamb Lan Mai Mal Mar Mon \
            Mont Per Pel Rich Roch Rou Saint Ser Tou Val Vau Ver Ville",
        ends: "bert bois card cault champ court din don dier fort gard gnac let lier lon maire mont nard neau neuf pin reau rier \
            rond sac teau tier val vert ville",
        given_starts: "",
        given_ends: "",
        family_first: false,
        towns: "Paris Lyon Nantes Rennes Dijon",
        streets: "Rue_Victor_Hugo Rue_de_la_Paix Avenue_Foch Boulevard_Voltaire Rue_Pasteur Rue_des_Lilas",
        forms: "S.A. SARL SAS S.A.S.",
    },
    Tongue {
        country: "PL",
        given: "Jan Andrzej Piotr Krzysztof Stanisław Tomasz Paweł Józef Marcin Marek Michał Grzegorz Jerzy Łukasz Małgorzata \
            Katarzyna Agnieszka Barbara Ewa Elżbieta Zofia Jadwiga Beata Dorota Bożena Wojciech Zbigniew Mateusz",
        family: "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski \
            Kozłowski Jankowski Mazur Kwiatkowski Krawczyk",
        starts: "Bart Biel Bor Brzez Chmiel Czar Dob Gór Grab Jab Jawor Kal Kop Lip Łuk Maj Nied Olsz Ostr Pawl Piotr Rad Rud Sad \
            Sob Stach Topol Wil Wiś Zag Żel",
        ends: "ewicz owicz owski ewski iński ak czyk ecki oń ut icki ula",
        given_starts: "",
        given_ends: "",
        family_first: false,
        towns: "Warszawa Kraków Gdańsk Poznań",
        streets: "ul._Długa ul._Polna ul._Leśna ul._Słoneczna ul._Krótka",
        forms: "Sp._z_o.o. S.A.",
    },
    Tongue {
        country: "ES",
        given: "Antonio María José Carmen Manuel Ana Francisco Isabel Juan Dolores Javier Pilar Miguel Teresa Ángel Rosa Carlos \
            Cristina Jesús Lucía Pedro Elena Luis Marta Raúl Beatriz Álvaro Inés Sergio Nuria Andrés Rocío",
        family: "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz \
            Moreno Muñoz Álvarez Romero Alonso Gutiérrez",
        starts: "Agui Ala Arre Bala Barra Bena Cala Carri Casa Echeva Esco Galla Guada Iba Lina Maldo Mira Monte Nava Ola Peña \
            Queve Riba Sala Soto Tala Torre Urru Valde Villa Zara Zubi",
        ends: "ga ldo lla llo nar ndo nes no ño ra rdo rena res rez rga ria rra rro s_Vega tia to yo za",
        given_starts: "",
        given_ends: "",
        family_first: false,
        towns: "Madrid Sevilla Valencia Bilbao",
        streets: "Calle_Mayor Calle_Real Avenida_de_la_Constitución Calle_del_Sol Plaza_Nueva",
        forms: "S.A. S.L. SL",
    },
    Tongue {
        country: "SE",
        given: "Lars Anders Mikael Johan Per Karin Anna Eva Kristina Birgitta Björn Åsa Göran Märta Sven Ingrid Nils Ulla \
            Fredrik Sofia Henrik Malin Gustav Elsa Håkan Linnéa",
        family: "Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson",
        starts: "Ahl Ask Berg Björk Blom Borg Dahl Ek Eng Fors Gran Häll Hed Holm Kvarn Lind Ljung Löf Lund Mal Ny Öst Rosen Sand \
            Sjö Söder Strand Ström Sund Vik Väster Åker",
        ends: "berg blad blom borg dahl én fors gren gård holm in lund man mark qvist ström stedt vall",
        given_starts: "",
        given_ends: "",
        family_first: false,
        towns: "Stockholm Göteborg Malmö Uppsala",
        streets: "Storgatan Drottninggatan Kungsgatan Skolgatan Kyrkogatan",
        forms: "AB Aktiebolag",
    },
    Tongue {
        country: "RU",
        given: "Александр=Alexander/Aleksandr Дмитрий=Dmitry/Dmitri/Dmitriy Сергей=Sergey/Sergei Андрей=Andrey/Andrei \
            Алексей=Alexey/Aleksei Иван=Ivan Михаил=Mikhail Николай=Nikolay/Nikolai Юрий=Yuri/Yury/Iouri Евгений=Evgeny/Yevgeniy \
            Ольга=Olga Наталья=Natalia/Natalya Татьяна=Tatiana/Tatyana Ирина=Irina Светлана=Svetlana Елена=Elena/Yelena \
            Анастасия=Anastasia Екатерина=Ekaterina Людмила=Ludmila/Lyudmila Мария=Maria Виктор=Victor/Viktor Павел=Pavel",
        family: "Иванов=Ivanov Смирнов=Smirnov Кузнецов=Kuznetsov/Kuznetzov Попов=Popov Васильев=Vasilyev/Vassiliev \
            Петров=Petrov Соколов=Sokolov Михайлов=Mikhailov/Mikhaylov Новиков=Novikov Фёдоров=Fedorov/Fyodorov \
            Чайковский=Tchaikovsky/Chaykovskiy Щербаков=Shcherbakov/Scherbakov",
        starts: "Авер=Aver Бел=Bel Берез=Berez Богд=Bogd Больш=Bolsh Вереш=Veresh Ворон=Voron Гаврил=Gavril Горб=Gorb \
            Данил=Danil Дуб=Dub Ерм=Yerm Жар=Zhar Зим=Zim Калин=Kalin Ковал=Koval Комар=Komar Лебед=Lebed Макар=Makar Морд=Mord \
            Назар=Nazar Орл=Orl Панк=Pank Разин=Razin Савел=Savel Тарас=Taras Уш=Ush Фом=Fom Хар=Khar Шевч=Shevch",
        ends: "енко=enko ов=ov ев=ev ский=sky/skiy ин=in чук=chuk цов=tsov янов=yanov юк=yuk ыгин=ygin",
        given_starts: "",
        given_ends: "",
        family_first: false,
        towns: "Москва Казань Самара",
        streets: "ул._Ленина ул._Мира ул._Садовая ул._Лесная",
        forms: "ООО АО LLC",
    },
    Tongue {
        country: "GR",
        given: "Γιώργος=Giorgos/Yiorgos Δημήτρης=Dimitris Κώστας=Kostas/Costas Γιάννης=Yannis/Giannis Νίκος=Nikos/Nicos \
            Μαρία=Maria Ελένη=Eleni Κατερίνα=Katerina Βασιλική=Vasiliki/Vassiliki Σοφία=Sofia Παναγιώτης=Panagiotis/Panayiotis \
            Χρήστος=Christos Αθανάσιος=Athanasios Ευαγγελία=Evangelia",
        family: "Παπαδόπουλος=Papadopoulos Παππάς=Pappas Καραγιάννης=Karagiannis/Karayannis Βλάχος=Vlachos Γεωργίου=Georgiou \
            Οικονόμου=Economou/Oikonomou Νικολάου=Nicolaou/Nikolaou",
        starts: "Αλεξ=Alex Αναγν=Anagn Δημητρ=Dimitr Θεοδωρ=Theodor Καρ=Kar Κωνσταντιν=Constantin/Konstantin Λαμπρ=Lambr \
            Μαυρ=Mavr Μιχαλ=Michal Νικολ=Nikol Πετρ=Petr Σταυρ=Stavr Στεφαν=Stefan Τριαντ=Triant Φωτ=Fot Χρηστ=Christ",
        ends: "όπουλος=opoulos ίδης=idis/ides άκης=akis/akes άκος=akos ιάδης=iadis ου=ou",
        given_starts: "",
        given_ends: "",
        family_first: false,
        towns: "Αθήνα Πάτρα",
        streets: "Ερμού Σταδίου Πανεπιστημίου",
        forms: "S.A. A.E.",
    },
    Tongue {
        country: "CN",
        given: "伟=Wei 芳=Fang 娜=Na 秀英=Xiuying 敏=Min 静=Jing 丽=Li 强=Qiang 磊=Lei 军=Jun 洋=Yang 勇=Yong 艳=Yan 杰=Jie 娟=Juan \
            涛=Tao 明=Ming 超=Chao 小龙=Xiaolong/Xiao_Long 建华=Jianhua 志强=Zhiqiang 海燕=Haiyan 晓明=Xiaoming 文静=Wenjing \
            天宇=Tianyu 思远=Siyuan 雨桐=Yutong 浩然=Haoran 梓涵=Zihan 嘉怡=Jiayi",
        family: "王=Wang 李=Li 张=Zhang 刘=Liu 陈=Chen 杨=Yang 赵=Zhao 黄=Huang 周=Zhou 吴=Wu 徐=Xu 孙=Sun 胡=Hu 朱=Zhu 高=Gao \
            林=Lin 何=He 郭=Guo 马=Ma 罗=Luo 梁=Liang 宋=Song 郑=Zheng 谢=Xie 韩=Han 唐=Tang 冯=Feng 于=Yu 董=Dong 萧=Xiao \
            欧阳=Ouyang",
        starts: "",
        ends: "",
        given_starts: "伟=Wei 建=Jian 志=Zhi 海=Hai 晓=Xiao 文=Wen 天=Tian 思=Si 雨=Yu 浩=Hao 梓=Zi 嘉=Jia 国=Guo 永=Yong 春=Chun 秀=Xiu 玉=Yu 金=Jin 宇=Yu 子=Zi 俊=Jun 明=Ming 雪=Xue 美=Mei 佳=Jia 振=Zhen 少=Shao 红=Hong",
        given_ends: "华=hua 强=qiang 燕=yan 明=ming 静=jing 宇=yu 远=yuan 桐=tong 然=ran 涵=han 怡=yi 平=ping 军=jun 英=ying 兰=lan 生=sheng 龙=long 凤=feng 林=lin 峰=feng 杰=jie 轩=xuan 琪=qi 梅=mei 芬=fen 东=dong 波=bo 辉=hui",
        family_first: true,
        towns: "上海 北京 深圳",
        streets: "人民路 中山路 解放路",
        forms: "有限公司 Co.,_Ltd.",
    },
    Tongue {
        country: "JP",
        given: "太郎=Taro 花子=Hanako 健一=Kenichi さくら=Sakura 翔太=Shota 美咲=Misaki 大輔=Daisuke 陽子=Yoko 誠=Makoto 恵子=Keiko \
            ケンジ=Kenji ユミ=Yumi 直樹=Naoki 愛=Ai 拓也=Takuya あかり=Akari",
        family: "佐藤=Sato 鈴木=Suzuki 高橋=Takahashi 田中=Tanaka 伊藤=Ito 渡辺=Watanabe 山本=Yamamoto 中村=Nakamura 小林=Kobayashi \
            加藤=Kato 吉田=Yoshida 山田=Yamada 佐々木=Sasaki 山口=Yamaguchi 松本=Matsumoto 井上=Inoue 木村=Kimura 林=Hayashi \
            斎藤=Saito 清水=Shimizu 長谷川=Hasegawa 石川=Ishikawa 前田=Maeda 藤田=Fujita 岡田=Okada",
        starts: "山=Yama 中=Naka 小=Ko 大=O 高=Taka 石=Ishi 木=Ki 松=Matsu 森=Mori 西=Nishi 北=Kita 南=Minami 東=Higashi 上=Ue 下=Shimo 藤=Fuji 長=Naga 古=Furu 青=Ao 黒=Kuro 白=Shira 竹=Take 杉=Sugi 岩=Iwa 浅=Asa 宮=Miya",
        ends: "田=da 川=kawa 村=mura 山=yama 本=moto 野=no 原=hara 島=shima 沢=sawa 崎=saki 井=i 谷=tani 口=guchi 岡=oka 橋=hashi 林=bayashi 尾=o 森=mori 内=uchi",
        given_starts: "健=Ken 大=Dai 美=Mi 直=Nao 和=Kazu 正=Masa 義=Yoshi 孝=Taka 智=Tomo 裕=Hiro 秀=Hide 信=Nobu 光=Mitsu 幸=Yuki 昭=Aki 明=Haru 千=Chi 恵=E",
        given_ends: "一=ichi 太=ta 子=ko 美=mi 夫=o 男=o 樹=ki 也=ya 介=suke 郎=ro 人=to 代=yo 香=ka 彦=hiko 之=yuki 江=e",
        family_first: true,
        towns: "東京 大阪 名古屋",
        streets: "中央 本町 栄町",
        forms: "株式会社 K.K.",
    },
    Tongue {
        country: "KR",
        given: "민준=Minjun/Min-jun 서연=Seoyeon/Seo-yeon 지훈=Jihoon/Ji-hoon 수빈=Subin/Su-bin 현우=Hyunwoo/Hyun-woo 지은=Jieun/Ji-eun \
            동현=Donghyun/Dong-hyun 유진=Yujin/Yoo-jin 성민=Sungmin/Sung-min 은지=Eunji 준호=Junho/Jun-ho 하늘=Haneul 태영=Taeyoung \
            미영=Miyoung 상철=Sangchul 혜진=Hyejin",
        family: "김=Kim 이=Lee/Yi 박=Park/Pak 최=Choi 정=Jung/Jeong 강=Kang 조=Cho 윤=Yoon 장=Jang 임=Lim 오=Oh 서=Seo 신=Shin \
            권=Kwon 남궁=Namgung 황=Hwang",
        starts: "",
        ends: "",
        given_starts: "민=Min 서=Seo 지=Ji 수=Su 현=Hyun 동=Dong 유=Yu 성=Sung 은=Eun 준=Jun 태=Tae 미=Mi 상=Sang 혜=Hye 영=Young 재=Jae 승=Seung 정=Jung 진=Jin 하=Ha 소=So 경=Kyung",
        given_ends: "준=jun 연=yeon 훈=hoon 빈=bin 우=woo 은=eun 현=hyun 진=jin 민=min 지=ji 호=ho 영=young 철=chul 아=ah 희=hee 수=soo 원=won 석=seok 환=hwan 경=kyung 미=mi 태=tae",
        family_first: true,
        towns: "서울 부산",
        streets: "세종로 강남대로",
        forms: "주식회사 Co.,_Ltd.",
    },
    Tongue {
        country: "EG",
        given: "محمد=Mohamed/Mohammed/Muhammad أحمد=Ahmed/Ahmad محمود=Mahmoud مصطفى=Mustafa/Mostafa يوسف=Youssef/Yousef \
            خالد=Khaled/Khalid عمر=Omar حسن=Hassan فاطمة=Fatima/Fatma عائشة=Aisha/Aicha مريم=Mariam/Maryam نور=Nour/Noor \
            سارة=Sara/Sarah ليلى=Layla/Leila كريم=Karim/Kareem طارق=Tarek/Tariq",
        family: "حسين=Hussein/Hussain السيد=El-Sayed/Elsayed إبراهيم=Ibrahim منصور=Mansour حداد=Haddad خوري=Khoury/Khouri \
            سليمان=Suleiman/Soliman عبدالله=Abdullah/Abdallah فاروق=Farouk/Farooq نجار=Najjar شريف=Sherif/Sharif صالح=Saleh \
            عثمان=Osman/Othman حبيب=Habib زيدان=Zidan/Zeidan بركات=Barakat غانم=Ghanem قاسم=Kassem/Qasim يعقوب=Yacoub",
        starts: "أبو=Abou بن=Ben آل=Al",
        ends: "زيد=zeid سعد=saad غزال=ghazal شادي=shady طالب=taleb عوف=ouf رشيد=rashid سمير=samir جابر=jaber مجدي=magdy حمدي=hamdy فهمي=fahmy شكري=shoukry لطفي=lotfy بدوي=badawy عطية=attia هلال=helal نصر=nasr ربيع=rabie",
        given_starts: "عبدال=Abdel",
        given_ends: "رحمن=rahman كريم=karim عزيز=aziz حميد=hamid قادر=kader فتاح=fattah غني=ghani سلام=salam رزاق=razek ناصر=nasser",
        family_first: false,
        towns: "القاهرة الجيزة",
        streets: "شارع_التحرير شارع_النيل",
        forms: "S.A.E. LLC",
    },
    Tongue {
        country: "IN",
        given: "राहुल=Rahul प्रिया=Priya अमित=Amit अंजलि=Anjali विजय=Vijay/Vijai सुनीता=Sunita/Suneeta राजेश=Rajesh कविता=Kavita \
            संजय=Sanjay दीपक=Deepak/Dipak पूजा=Pooja/Puja अनिल=Anil नेहा=Neha रवि=Ravi मीना=Meena/Mina अर्जुन=Arjun",
        family: "शर्मा=Sharma वर्मा=Verma/Varma गुप्ता=Gupta सिंह=Singh कुमार=Kumar पटेल=Patel मेहता=Mehta जोशी=Joshi रेड्डी=Reddy \
            नायर=Nair अग्रवाल=Agarwal/Aggarwal मिश्रा=Mishra/Misra चौधरी=Chaudhary/Choudhury देसाई=Desai भट्ट=Bhatt/Bhat \
            बनर्जी=Banerjee/Banerji",
        starts: "राम=Ram सुंदर=Sundar नारायण=Narayan वेंकट=Venkat कृष्ण=Krishna गोपाल=Gopal शिव=Shiva विश्व=Vishwa जग=Jag भाग=Bhag धर्म=Dharm सोम=Som",
        ends: "नाथन=nathan स्वामी=swamy मूर्ति=murthy राव=rao कर=kar पति=pati दास=das राजू=raju वाला=wala अय्यर=iyer गौड़ा=gowda चंद=chand",
        given_starts: "राज=Raj सु=Su वि=Vi प्र=Pra अ=A मनो=Mano दीप=Deep कृष्ण=Krishna हरि=Hari जय=Jay लक्ष्मी=Lakshmi श्री=Shri गीत=Geet चंद्र=Chandra देव=Dev इंद्र=Indra",
        given_ends: "कुमार=kumar वती=vati नाथ=nath देव=dev मोहन=mohan प्रसाद=prasad राज=raj कांत=kant लाल=lal दास=das रानी=rani शेखर=shekhar पाल=pal जीत=jit",
        family_first: false,
        towns: "Mumbai Pune Chennai",
        streets: "MG_Road Station_Road Nehru_Road",
        forms: "Pvt._Ltd. Ltd. Private_Limited",
    },
];

/// First and second words of companies' names, and what they do.
pub const COMPANY_STARTS: &str = "Acme Alder Amber Apex Arc Aster Atlas Aurora Beacon Birch Blue Bolt Brass Bright Cedar Cinder \
    Clear Cobalt Copper Coral Crown Delta Dove Dune Echo Elm Ember Falcon Fern Fjord Flint Forge Fox Garnet Glen Golden Granite \
    Harbor Hawk Hazel Helix Heron Indigo Iron Ivory Jade Juniper Keystone Lark Laurel Lotus Lumen Maple Meridian Mesa Mint \
    Moss North Nova Oak Onyx Opal Orbit Orchid Osprey Pearl Pine Pioneer Polar Prism Quartz Quill Raven Red Ridge River Robin \
    Rook Rowan Sable Sage Sierra Silver Slate Solar Spruce Sterling Stone Summit Swift Teal Terra Thistle Tiger Timber Topaz \
    Tundra Umber Vale Vertex Violet Vista Walnut Wave West Willow Wren Zenith Zephyr";
pub const COMPANY_ENDS: &str = "Analytics Automotive Bakeries Bank Brewing Capital Ceramics Chemicals Clinics Cloud Components \
    Consulting Controls Dairy Data Design Devices Dynamics Energy Engineering Fabrics Farms Foods Freight Furniture Games Glass \
    Hotels Imaging Instruments Insurance Labs Legal Lighting Logistics Machines Marine Media Metals Mobility Motors Networks \
    Optics Packaging Paper Partners Pharma Plastics Power Press Properties Pumps Retail Robotics Security Semiconductors \
    Shipping Software Solutions Steel Studios Supply Systems Telecom Textiles Tools Toys Travel Turbines Ventures Water";
