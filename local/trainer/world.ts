/** The fictional world that `anneal-tiny` was taught: its nouns and its fixed facts. Everything else is made up anew per row. */
import { makeRandom, type Random } from "./random.ts";

const words = (text: string) => text.trim().split(/\s+/);

export const colours = words("red blue green yellow black white brown grey purple orange pink golden silver");
export const materials = words(
  "wood iron copper glass clay wool silk leather stone paper silver straw bronze cotton wax bone",
);
export const sizes = words("small large tiny huge old new heavy light long short round bright dark soft clean dusty");
export const moods = words("happy sad tired hungry calm angry proud sleepy brave shy merry lonely");

/** animal → [home, food, what it does] */
export const animals: Record<string, [string, string, string]> = table(`
fox den berries run; wolf forest meat howl; bear cave honey sleep; owl barn mice watch; crab beach weeds dig;
horse stable oats gallop; goat hill grass climb; duck pond seeds swim; frog marsh flies jump; otter river fish swim;
hare meadow clover run; hawk cliff mice fly; mouse cellar crumbs hide; whale ocean krill sing; seal harbour fish dive;
bee garden nectar dance; ant tunnel seeds work; cat kitchen milk sleep; dog yard bones bark; sheep field grass wander;
crow tower seeds fly; swan lake weeds glide; mole tunnel worms dig; deer forest leaves leap; badger den roots dig;
parrot jungle nuts talk; turtle shore weeds rest; lizard desert flies bask; camel desert shrubs walk; goose pond grass swim;
pig farm apples roll; cow field clover rest; hen barn corn peck; donkey stable hay walk; squirrel park nuts climb;
pigeon square bread fly; spider attic flies spin; snail garden leaves crawl; bat cave moths fly; eagle mountain fish soar;
beaver river bark build; hedgehog hedge worms sleep; lion plain meat roar; tiger jungle meat hunt; monkey jungle fruit swing;
penguin ice fish slide; walrus ice clams rest; heron marsh frogs stand; robin garden worms sing; salmon river shrimp swim`);

/** object → [kind, use] */
export const objects: Record<string, [string, string]> = table(`
lantern lamp light; hammer tool build; kettle pot boil; basket container carry; ladder tool climb; anchor tool moor;
blanket cloth warm; barrel container store; needle tool sew; candle lamp light; bucket container carry; mirror glass look;
compass tool steer; drum instrument play; flute instrument play; harp instrument play; fiddle instrument play; bell instrument ring;
chair seat sit; bench seat sit; stool seat sit; table furniture eat; shelf furniture store; chest container store;
cup dish drink; bowl dish eat; plate dish eat; spoon dish stir; knife tool cut; saw tool cut; axe tool chop;
rope tool tie; net tool catch; hook tool hang; map paper travel; book paper read; letter paper read; scroll paper read;
coat garment wear; hat garment wear; boot garment wear; glove garment wear; scarf garment wear; cloak garment wear;
boat vessel sail; raft vessel sail; canoe vessel row; cart vehicle carry; wagon vehicle carry; sled vehicle slide;
broom tool sweep; shovel tool dig; rake tool gather; plough tool farm; oven stove bake; clock device measure; wheel part roll;
key device open; lock device close; door part enter; window part look; pillow cloth rest; tent shelter sleep; brush tool paint;
pencil tool write; ruler tool measure; button part fasten; ring jewel wear; crown jewel wear; necklace jewel wear; kite toy fly;
marble toy play; doll toy play; puzzle toy solve; jar container keep; bottle container pour; sack container carry; wallet container keep`);

/** food → [taste, kind] */
export const foods: Record<string, [string, string]> = table(`
apple sweet fruit; plum sweet fruit; lemon sour fruit; pear sweet fruit; cherry sweet fruit; grape sweet fruit; lime sour fruit;
onion sharp vegetable; carrot sweet vegetable; radish sharp vegetable; turnip bitter vegetable; cabbage mild vegetable; bean mild vegetable;
pepper hot spice; ginger hot spice; salt salty spice; cinnamon sweet spice; bread mild meal; soup warm meal; stew rich meal; pie sweet meal;
cheese salty meal; butter rich meal; honey sweet treat; cake sweet treat; biscuit sweet treat; pudding sweet treat; walnut bitter nut; almond mild nut`);

export const places =
  words(`harbour market bridge tower garden forest castle village mill river library bakery school island valley
lighthouse stable temple square well cave beach meadow inn museum theatre orchard quarry workshop station palace dock bay hill farm cottage`);

export const jobs =
  words(`baker sailor farmer teacher painter miller weaver guard doctor tailor singer potter hunter gardener smith
carpenter fisher shepherd writer merchant pilot cook captain scholar`);

/** Plain English words, only ever repeated: they give every piece of a word some meaning. */
export const common =
  words(`the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not
what all were we when your can said there use an each which she do how their if will up other about out many then them these so some her would
make like him into time has look two more write go see number no way could people my than first water been call who oil its now find long down
day did get come made may part over new sound take only little work know place year live me back give most very after thing our just name good
sentence man think say great where help through much before line right too mean old any same tell boy follow came want show also around form
three small set put end does another well large must big even such because turn here why ask went men read need land different home us move try
kind hand picture again change off play spell air away animal house point page letter mother answer found study still learn should world high
every near add food between own below country plant last school father keep tree never start city earth eye light thought head under story saw
left late run while press close night real life few north open seem together next white children begin got walk example ease paper group always
music those both mark often until mile river car feet care second book carry took science eat room friend began idea fish mountain stop once
base hear horse cut sure watch colour face wood main enough plain girl usual young ready above ever red list though feel talk bird soon body dog
family direct pose leave song measure door product black short numeral class wind question happen complete ship area half rock order fire south
problem piece told knew pass since top whole king space heard best hour better true during hundred five remember step early hold west ground
interest reach fast verb sing listen six table travel less morning ten simple several vowel toward war lay against pattern slow centre love
person money serve appear road map rain rule govern pull cold notice voice unit power town fine certain fly fall lead cry dark machine note wait
plan figure star box noun field rest correct able pound done beauty drive stood contain front teach week final gave green quick develop ocean
warm free minute strong special mind behind clear tail produce fact street inch multiply nothing course stay wheel full force blue object decide
surface deep moon island foot system busy test record boat common gold possible plane stead dry wonder laugh thousand ago ran check game shape
yes hot miss brought heat snow tire bring distant fill east paint language among please error refund account email customer support password
order ship delivery price model train data server cloud file update version code report user reply thanks sorry hello mister lady sir`);

const syllables =
  words(`ba be bo da de di do fa fe fi ga ge go ha he jo ka ke ki la le li lo ma me mi mo na ne ni no pa pe ra re ri ro
sa se si so ta te ti to va ve vi vo wa we ya yo za ze zo bran dor fen gar hal kor lin mar nor pel quin ros tar vel wyn thor`);
const endings = words("n r s l ra na la th m x nd rin ton lia via mar den wick ford");

/** A made-up name such as `Velmorin`: most have never been seen before, so a model has to copy it letter by letter. */
export function inventName(random: Random): string {
  const count = 1 + random.below(2);
  const parts = Array.from({ length: count }, () => random.pick(syllables));
  const name = parts.join("") + random.pick(endings);
  return name[0]!.toUpperCase() + name.slice(1);
}

export const people =
  words(`Mira Tomas Elda Joren Pia Osric Nell Bram Isla Corin Wren Hugo Tilda Rafe Greta Olin Sana Piet Luna Edric
Maud Kasper Ines Teo Vera Anton Dora Felix Hanna Ivo Judith Karl Lotte Marek Nora Otto Petra Quill Rosa Stefan Tess Ulf Viola Walt`);

/** country → [capital, what it is famous for] */
export const countries: Record<string, [string, string]> = (() => {
  const random = makeRandom("countries", 1);
  const fame = [
    "ships",
    "bells",
    "silk",
    "honey",
    "songs",
    "glass",
    "horses",
    "maps",
    "bread",
    "books",
    "lamps",
    "stones",
  ];
  const taken = new Set(people);
  const fresh = () => {
    for (;;) {
      const name = inventName(random);
      if (name.length > 4 && !taken.has(name)) return taken.add(name) && name;
    }
  };
  return Object.fromEntries(
    Array.from({ length: 36 }, () => [fresh(), [fresh(), random.pick(fame)] as [string, string]]),
  );
})();

/** `a` or `an`. */
export const article = (noun: string) => (/^[aeiou]/i.test(noun) ? "an" : "a");
export const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);

function table<T extends string[]>(text: string): Record<string, T> {
  const rows = text.split(";").map((row) => words(row));
  return Object.fromEntries(rows.map(([noun, ...facts]) => [noun!, facts as unknown as T]));
}
