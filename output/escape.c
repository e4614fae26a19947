#include "output/escape.h"
